"""What ``ocf:lvsha:realserver meta-data`` prints; written by ``lvsha.ocf.prepared``."""

TEXT = """\
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd" [
<!ATTLIST parameter unique-group CDATA #IMPLIED reloadable (0|1) "0">
<!ATTLIST action name CDATA #REQUIRED>
]>
<resource-agent name="realserver" version="0.1.0">
 <version>1.1</version>
 <longdesc lang="en">
Lets a real server take packets for a VIP that the director forwards by gate
(direct routing) or ipip (tunnel): the VIP is put on lo or on the tunnel's
interface, and ARP is told to answer for it to nobody (arp_ignore,
arp_announce; rp_filter of the tunnel). Stop restores all of it, unless another
VIP still needs it. Not for the directors themselves.
</longdesc>
 <shortdesc lang="en">VIPs on LVS real servers</shortdesc>
 <parameters>
  <parameter name="vip" required="1">
   <longdesc lang="en">
One or several addresses, IPv4 or IPv6, separated by commas or spaces.
</longdesc>
   <shortdesc lang="en">Addresses</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="nic">
   <longdesc lang="en">
'lo' for gate; 'tunl0' for ipip, which means ip6tnl0 for IPv6.
</longdesc>
   <shortdesc lang="en">Interface</shortdesc>
   <content type="string" default="lo" />
  </parameter>
 </parameters>
 <actions>
  <action name="start" timeout="20s" />
  <action name="stop" timeout="20s" />
  <action name="monitor" timeout="20s" interval="30s" depth="0" />
  <action name="validate-all" timeout="20s" />
  <action name="meta-data" timeout="5s" />
 </actions>
</resource-agent>
"""
