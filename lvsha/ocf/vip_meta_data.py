"""What ``ocf:lvsha:vip meta-data`` prints; written by ``lvsha.ocf.prepared``."""
# ruff: noqa: E501 - as long as the words are

TEXT = """\
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd" [
<!ATTLIST parameter unique-group CDATA #IMPLIED reloadable (0|1) "0">
<!ATTLIST action name CDATA #REQUIRED>
]>
<resource-agent name="vip" version="0.1.0">
 <version>1.1</version>
 <longdesc lang="en">
Has the virtual addresses of LVS directors, IPv4 and IPv6, where the cluster
wants them. As a promotable clone it is ready on every director and has the
addresses on the promoted one; as a plain resource it has them where it runs.

Taking an address asks the link first whether somebody else has it, tells the
neighbours at once and again in the background. Giving one up comes before all
else. As a clone it publishes a promotion score: 1100 promoted, 1000 ready, up
to 500 less for real servers its director cannot reach, 350 less for a ready one
that was started lately and lacks connections, 300 less without connection
synchronisation, 50 less for a configuration that was refused or is not the
promoted one's, 0 without carrier or director. So preferences below 100 move
nothing, and those below 450 do not bring a service back before the connections.
It must not be colocated with the promoted role of another clone with an
infinite score: that drowns the scores.
</longdesc>
 <shortdesc lang="en">Virtual addresses of LVS directors</shortdesc>
 <parameters>
  <parameter name="vip" unique-group="vip" unique="1">
   <longdesc lang="en">
One or several addresses, IPv4 or IPv6, separated by commas or spaces; each may have its own prefix length (192.0.2.10/24). Required, unless 'ip' is given.
</longdesc>
   <shortdesc lang="en">Addresses</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="nic">
   <longdesc lang="en">
The interface to have them on. Without it, the one that is in their network, or that leads there.
</longdesc>
   <shortdesc lang="en">Interface</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="prefix">
   <longdesc lang="en">
Prefix length of addresses that have none of their own, or an IPv4 netmask. Without it 32 and 128: the VIP brings no route.
</longdesc>
   <shortdesc lang="en">Prefix length</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="label">
   <longdesc lang="en">
Label of IPv4 addresses; without a colon the interface's name and one are put before it.
</longdesc>
   <shortdesc lang="en">Label</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="ip">
   <longdesc lang="en">
The same as 'vip'.
</longdesc>
   <shortdesc lang="en">Addresses, as ocf:heartbeat:IPaddr2 calls them</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="cidr_netmask">
   <longdesc lang="en">
The same as 'prefix'.
</longdesc>
   <shortdesc lang="en">Prefix length, as ocf:heartbeat:IPaddr2 calls it</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="iflabel">
   <longdesc lang="en">
The same as 'label'.
</longdesc>
   <shortdesc lang="en">Label, as ocf:heartbeat:IPaddr2 calls it</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="dad">
   <longdesc lang="en">
It takes a second or two, during which the address cannot be used.
</longdesc>
   <shortdesc lang="en">Let the kernel detect duplicates of IPv6 addresses</shortdesc>
   <content type="boolean" default="false" />
  </parameter>
  <parameter name="source">
   <longdesc lang="en">
Without it an IPv6 VIP is never chosen: otherwise checks come from it, and real servers that have it answer themselves.
</longdesc>
   <shortdesc lang="en">May connections of the director begin at the addresses</shortdesc>
   <content type="boolean" default="false" />
  </parameter>
  <parameter name="duplicate_test" reloadable="1">
   <longdesc lang="en">
Takes a tenth of a second. An address somebody else answers for is not taken.
</longdesc>
   <shortdesc lang="en">Ask the link before taking an address</shortdesc>
   <content type="boolean" default="true" />
  </parameter>
  <parameter name="announce_times" reloadable="1">
   <longdesc lang="en">
How often the neighbours are told, the first time at once.
</longdesc>
   <shortdesc lang="en">Announcements after taking</shortdesc>
   <content type="integer" default="5" />
  </parameter>
  <parameter name="announce_pace" reloadable="1">
   <longdesc lang="en">
Time from one announcement to the next.
</longdesc>
   <shortdesc lang="en">Milliseconds between them</shortdesc>
   <content type="integer" default="200" />
  </parameter>
  <parameter name="announce_refresh" reloadable="1">
   <longdesc lang="en">
The neighbours are told again for as long as the address is here; 0 for never.
</longdesc>
   <shortdesc lang="en">Seconds between later ones</shortdesc>
   <content type="integer" default="0" />
  </parameter>
  <parameter name="carrier" reloadable="1">
   <longdesc lang="en">
A node whose interface has no carrier does not deserve the addresses.
</longdesc>
   <shortdesc lang="en">Watch the carrier</shortdesc>
   <content type="boolean" default="true" />
  </parameter>
  <parameter name="director" reloadable="1">
   <longdesc lang="en">
Name of the director on the node (by default the base name of its configuration file) whose view of the real servers makes the promotion score. Without it only carrier and synchronisation count.
</longdesc>
   <shortdesc lang="en">Director whose view counts</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="sync_interface">
   <longdesc lang="en">
With it, both sync daemons of the kernel run where a clone is started, and the master daemon where a plain resource has the addresses. Leave it out when ocf:lvsha:syncd runs them.
</longdesc>
   <shortdesc lang="en">Interface of the connection synchronisation</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="failback_share" reloadable="1">
   <longdesc lang="en">
A ready node that was started lately is worth 350 less until it has this share of the promoted one's active connections. It takes 'director' to count them.
</longdesc>
   <shortdesc lang="en">Percent of the connections that a node has to have</shortdesc>
   <content type="integer" default="80" />
  </parameter>
  <parameter name="failback_time" reloadable="1">
   <longdesc lang="en">
After so many seconds it counts as much as any other, whatever it has; 0 for at once.
</longdesc>
   <shortdesc lang="en">Seconds after which it need not</shortdesc>
   <content type="integer" default="300" />
  </parameter>
  <parameter name="sync_id">
   <longdesc lang="en">
What the master's messages are marked with. Directors that share connections share an id.
</longdesc>
   <shortdesc lang="en">Synchronisation id, 0 to 255</shortdesc>
   <content type="integer" default="0" />
  </parameter>
  <parameter name="backup_id">
   <longdesc lang="en">
Which messages the backup takes: those with this id, or all with 0. Without it, those of sync_id.
</longdesc>
   <shortdesc lang="en">Synchronisation id listened to</shortdesc>
   <content type="integer" />
  </parameter>
  <parameter name="sync_group">
   <longdesc lang="en">
Where the messages go; the kernel's own group is 224.0.0.81.
</longdesc>
   <shortdesc lang="en">Multicast group</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="sync_port">
   <longdesc lang="en">
The kernel's own port is 8848.
</longdesc>
   <shortdesc lang="en">UDP port</shortdesc>
   <content type="integer" />
  </parameter>
  <parameter name="sync_ttl">
   <longdesc lang="en">
The kernel's own value is 1: not beyond the link.
</longdesc>
   <shortdesc lang="en">Hops a message may take</shortdesc>
   <content type="integer" />
  </parameter>
  <parameter name="sync_maxlen">
   <longdesc lang="en">
Bytes. Both directors need the same on links with jumbo frames.
</longdesc>
   <shortdesc lang="en">Longest message</shortdesc>
   <content type="integer" />
  </parameter>
 </parameters>
 <actions>
  <action name="start" timeout="20s" />
  <action name="stop" timeout="20s" />
  <action name="promote" timeout="20s" />
  <action name="demote" timeout="20s" />
  <action name="monitor" timeout="20s" interval="10s" depth="0" role="Promoted" />
  <action name="monitor" timeout="20s" interval="11s" depth="0" role="Unpromoted" />
  <action name="reload-agent" timeout="20s" />
  <action name="validate-all" timeout="20s" />
  <action name="meta-data" timeout="5s" />
 </actions>
</resource-agent>
"""
