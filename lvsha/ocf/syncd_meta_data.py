"""What ``ocf:lvsha:syncd meta-data`` prints; written by ``lvsha.ocf.prepared``."""
# ruff: noqa: E501 - as long as the words are

TEXT = """\
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd" [
<!ATTLIST parameter unique-group CDATA #IMPLIED reloadable (0|1) "0">
<!ATTLIST action name CDATA #REQUIRED>
]>
<resource-agent name="syncd" version="0.1.0">
 <version>1.1</version>
 <longdesc lang="en">
Runs the kernel's daemons that tell directors of each other's connections, so
that those survive a failover: as a clone, on every director at once. It is
for directors of which each has VIPs of its own; with one promotable
ocf:lvsha:vip, give that the sync_interface instead.

The messages are neither encrypted nor authenticated: use a network of the
directors' own. Mixed address families in a virtual service exclude them.
</longdesc>
 <shortdesc lang="en">Connection synchronisation of LVS directors</shortdesc>
 <parameters>
  <parameter name="sync_interface" required="1">
   <longdesc lang="en">
The interface the directors tell each other of connections on.
</longdesc>
   <shortdesc lang="en">Interface</shortdesc>
   <content type="string" />
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
  <parameter name="roles">
   <longdesc lang="en">
'both', 'master' (sends) or 'backup' (receives).
</longdesc>
   <shortdesc lang="en">Daemons to run</shortdesc>
   <content type="string" default="both" />
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
