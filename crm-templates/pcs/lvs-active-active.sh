#!/bin/sh
# LVS directors on both nodes, each with a VIP of its own, as pcs commands (pcs 0.11).
#
# Both directors work: each has an address of its own and is the other one's
# standby. Each address goes home by itself when its node is back.
#
# The kernel has one synchronisation daemon for all; it is a resource of its
# own here.
#
# Before: corosync and Pacemaker run on both nodes and fencing works
# (stonith-enabled=true with a tried device); the packages of lvsha are on
# both; the configuration file is the same on both. Nothing but resources and
# constraints is made: no file, no property, no fencing device.
set -eu

# Prefix of all resource names. Two clusters of directors on the same nodes
# need two of them.
id=lvs
# Address whose home is the first node. VIP of a part of the virtual services.
address_one=''
# Address whose home is the second node. VIP of the other part of the virtual
# services.
address_two=''
# Name of the first node. As in 'crm node list'.
node_one=''
# Name of the second node. As in 'crm node list'.
node_two=''
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
: "${address_one:?address whose home is the first node: fill in its value}"
: "${address_two:?address whose home is the second node: fill in its value}"
: "${node_one:?name of the first node: fill in its value}"
: "${node_two:?name of the second node: fill in its value}"
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
pcs -f "$cib" resource create "${id}-syncd" ocf:lvsha:syncd \
    sync_interface="${sync_interface}" \
    sync_id="${sync_id}" \
    op start timeout=20s \
    op stop timeout=20s \
    op monitor interval=20s timeout=20s
pcs -f "$cib" resource clone "${id}-syncd" "${id}-syncds" interleave=true
pcs -f "$cib" resource create "${id}-vip-one" ocf:lvsha:vip \
    vip="${address_one}" \
    director="${director}" \
    ${netmask:+"prefix=$netmask"} \
    ${nic:+"nic=$nic"} \
    op start timeout=20s \
    op stop timeout=20s \
    op promote timeout=20s \
    op demote timeout=20s \
    op monitor interval=10s role=Promoted timeout=20s on-fail=demote \
    op monitor interval=11s role=Unpromoted timeout=20s
pcs -f "$cib" resource promotable "${id}-vip-one" "${id}-vips-one" promoted-max=1 promoted-node-max=1 clone-node-max=1 interleave=true notify=false
pcs -f "$cib" resource create "${id}-vip-two" ocf:lvsha:vip \
    vip="${address_two}" \
    director="${director}" \
    ${netmask:+"prefix=$netmask"} \
    ${nic:+"nic=$nic"} \
    op start timeout=20s \
    op stop timeout=20s \
    op promote timeout=20s \
    op demote timeout=20s \
    op monitor interval=10s role=Promoted timeout=20s on-fail=demote \
    op monitor interval=11s role=Unpromoted timeout=20s
pcs -f "$cib" resource promotable "${id}-vip-two" "${id}-vips-two" promoted-max=1 promoted-node-max=1 clone-node-max=1 interleave=true notify=false
pcs -f "$cib" constraint colocation add "${id}-vips-one" with "${id}-directors" \
    INFINITY id="${id}-vip-one-with-director"
pcs -f "$cib" constraint colocation add "${id}-vips-two" with "${id}-directors" \
    INFINITY id="${id}-vip-two-with-director"
pcs -f "$cib" constraint order start "${id}-directors" then start "${id}-vips-one" \
    kind=Optional id="${id}-director-then-vip-one"
pcs -f "$cib" constraint order start "${id}-directors" then start "${id}-vips-two" \
    kind=Optional id="${id}-director-then-vip-two"
pcs -f "$cib" constraint location "${id}-vips-one" rule id="${id}-home-one" \
    role=Promoted score=200 '#uname' eq "${node_one}"
pcs -f "$cib" constraint location "${id}-vips-two" rule id="${id}-home-two" \
    role=Promoted score=200 '#uname' eq "${node_two}"
pcs -f "$cib" constraint colocation add Promoted "${id}-vips-two" with Promoted "${id}-vips-one" \
    -100 id="${id}-apart"
pcs cluster cib-push "$cib" diff-against="$cib.before"
