#!/bin/sh
# LVS directors on both nodes, the VIP promoted on one, as pcs commands (pcs 0.11).
#
# Both directors run, check the real servers and know the connections; the
# address is on one of them. A failover moves the address alone, and
# established connections go on.
#
# The node that sees more live real servers is promoted; nothing moves back by
# itself.
#
# Before: corosync and Pacemaker run on both nodes and fencing works
# (stonith-enabled=true with a tried device); the packages of lvsha are on
# both; the configuration file is the same on both. Nothing but resources and
# constraints is made: no file, no property, no fencing device.
set -eu

# Prefix of all resource names. Two clusters of directors on the same nodes
# need two of them.
id=lvs
# Address the clients use. The VIP of the virtual services in the
# configuration, IPv4 or IPv6.
vip=''
# Interface between the directors. On it the active director tells the other
# one of its connections (UDP port 8848, multicast 224.0.0.81), so that they
# survive a failover.
sync_interface=''
# Number of this pair on that interface. 1 to 255; two pairs of directors in
# one network need two numbers.
sync_id=1
# Configuration of the director. The same file on every node; csync2 or 'lvsha
# csync2 push' keeps it so.
configfile=/etc/ha.d/ldirectord.cf
# Name of the director. The base name of its configuration; what it sees
# decides who is promoted.
director=ldirectord.cf
# Prefix length of the address. Without it the address is put in place alone,
# without a route to its network.
netmask=''
# Interface that gets the address. Without it, the interface that is in the
# network of the address.
nic=''

: "${id:?prefix of all resource names: fill in its value}"
: "${vip:?address the clients use: fill in its value}"
: "${sync_interface:?interface between the directors: fill in its value}"
: "${sync_id:?number of this pair on that interface: fill in its value}"
: "${configfile:?configuration of the director: fill in its value}"
: "${director:?name of the director: fill in its value}"

cib=$(mktemp)
trap 'rm -f "$cib" "$cib.before"' EXIT
pcs cluster cib "$cib"
cp "$cib" "$cib.before"
pcs -f "$cib" resource create "${id}-director" ocf:lvsha:director \
    configfile="${configfile}" \
    profile="sync" \
    op start timeout=60s \
    op stop timeout=60s \
    op monitor interval=10s timeout=20s
pcs -f "$cib" resource clone "${id}-director" "${id}-directors" interleave=true
pcs -f "$cib" resource create "${id}-vip" ocf:lvsha:vip \
    vip="${vip}" \
    director="${director}" \
    sync_interface="${sync_interface}" \
    sync_id="${sync_id}" \
    ${netmask:+"prefix=$netmask"} \
    ${nic:+"nic=$nic"} \
    op start timeout=20s \
    op stop timeout=20s \
    op promote timeout=20s \
    op demote timeout=20s \
    op monitor interval=10s role=Promoted timeout=20s on-fail=demote \
    op monitor interval=11s role=Unpromoted timeout=20s
pcs -f "$cib" resource promotable "${id}-vip" "${id}-vips" promoted-max=1 promoted-node-max=1 clone-node-max=1 interleave=true notify=false
pcs -f "$cib" constraint colocation add "${id}-vips" with "${id}-directors" \
    INFINITY id="${id}-vip-with-director"
pcs -f "$cib" constraint order start "${id}-directors" then promote "${id}-vips" \
    kind=Mandatory id="${id}-director-then-vip"
pcs -f "$cib" constraint order start "${id}-directors" then start "${id}-vips" \
    kind=Optional id="${id}-director-around-vip"
pcs cluster cib-push "$cib" diff-against="$cib.before"
