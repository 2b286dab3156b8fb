#!/bin/sh
# LVS director and its VIP on one node, the other one cold, as pcs commands (pcs 0.11).
#
# One director runs, and the address is where it runs. When its node fails the
# other one starts both. Simple, and what a cluster with ldirectord and
# IPaddr2 is used to; established connections are lost with the node.
#
# The director is started before the address comes and stopped after it has
# gone, so that clients never meet an empty table.
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
# Configuration of the director. The same file on every node; csync2 or 'lvsha
# csync2 push' keeps it so.
configfile=/etc/ha.d/ldirectord.cf
# Prefix length of the address. Without it the address is put in place alone,
# without a route to its network.
netmask=''
# Interface that gets the address. Without it, the interface that is in the
# network of the address.
nic=''

: "${id:?prefix of all resource names: fill in its value}"
: "${vip:?address the clients use: fill in its value}"
: "${configfile:?configuration of the director: fill in its value}"

cib=$(mktemp)
trap 'rm -f "$cib" "$cib.before"' EXIT
pcs cluster cib "$cib"
cp "$cib" "$cib.before"
pcs -f "$cib" resource create "${id}-director" ocf:lvsha:director \
    configfile="${configfile}" \
    op start timeout=60s \
    op stop timeout=60s \
    op monitor interval=10s timeout=20s
pcs -f "$cib" resource create "${id}-vip" ocf:lvsha:vip \
    vip="${vip}" \
    ${netmask:+"prefix=$netmask"} \
    ${nic:+"nic=$nic"} \
    op start timeout=20s \
    op stop timeout=20s \
    op monitor interval=10s timeout=20s
pcs -f "$cib" resource group add "${id}-group" "${id}-director" "${id}-vip"
pcs cluster cib-push "$cib" diff-against="$cib.before"
