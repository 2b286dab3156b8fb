"""What ``ocf:lvsha:director meta-data`` prints; written by ``lvsha.ocf.prepared``."""
# ruff: noqa: E501 - as long as the words are

TEXT = """\
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd" [
<!ATTLIST parameter unique-group CDATA #IMPLIED reloadable (0|1) "0">
<!ATTLIST action name CDATA #REQUIRED>
]>
<resource-agent name="director" version="0.1.0">
 <version>1.1</version>
 <longdesc lang="en">
Runs lvsha, the director of a Linux Virtual Server (LVS): it checks the real
servers and keeps the kernel's table of virtual services as the configuration
and their health ask for. The configuration is ldirectord's.

Use it as a plain primitive, started together with the virtual address (the
standby is cold), or as a clone on every director, so that the standby knows the
health of all real servers and has its table ready before the address arrives.
A primitive of ocf:heartbeat:ldirectord becomes this one by its name alone.

A director that is killed or frozen is started again in its place, within the
parameter patience, three times a minute at most; no connection ends for it. While a
virtual service has no real server that is up, the result is 'degraded' (190),
which Pacemaker shows and does not act upon.
With OCF_CHECK_LEVEL=10 the kernel's table has to be the desired one, too.
With OCF_CHECK_LEVEL=20 every virtual service also needs a real server that is
up, or a fallback; otherwise the monitor fails and the director is recovered.

stop needs neither the configuration nor a director that answers: what was added
to the kernel's table is on record, and is taken out of it, except for virtual
services with cleanstop = no. Programs other than the director keep their rows.

A configuration that is missing or wrong makes start return 5: this node is no
place for the director, another one may be. The reasons, with line numbers, are
in the failed action's exit reason.
</longdesc>
 <shortdesc lang="en">Runs an LVS director, compatible with ldirectord</shortdesc>
 <parameters>
  <parameter name="configfile">
   <longdesc lang="en">
The configuration file, in ldirectord's language. A name without a directory is looked for in /etc/ha.d and in /etc/ha.d/conf.
</longdesc>
   <shortdesc lang="en">Configuration file</shortdesc>
   <content type="string" default="/etc/ha.d/ldirectord.cf" />
  </parameter>
  <parameter name="config">
   <longdesc lang="en">
The same as configfile; give one of the two.
</longdesc>
   <shortdesc lang="en">Configuration file</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="ldirectord" reloadable="1">
   <longdesc lang="en">
Where the program ldirectord is. Accepted so that a resource of ocf:heartbeat:ldirectord works as it is; it is not used.
</longdesc>
   <shortdesc lang="en">Not used</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="instance">
   <longdesc lang="en">
What this director is called in the commands of lvsha and below rundir. Without it: the name of the configuration file, without its directories. Two directors on a node need two names.
</longdesc>
   <shortdesc lang="en">Name of this director</shortdesc>
   <content type="string" />
  </parameter>
  <parameter name="rundir">
   <longdesc lang="en">
The directory in which every director has its lock, its control socket and the record of its rows. It has to be empty after a boot.
</longdesc>
   <shortdesc lang="en">Directory of the directors at run time</shortdesc>
   <content type="string" default="/run/lvsha" />
  </parameter>
  <parameter name="program">
   <longdesc lang="en">
The program that is started; without a directory it is looked for where system programs are.
</longdesc>
   <shortdesc lang="en">The program lvsha</shortdesc>
   <content type="string" default="lvsha" />
  </parameter>
  <parameter name="profile">
   <longdesc lang="en">
Sysctls below net.ipv4.vs that are set while the director works, and set back when it stops: 'sync' for directors that synchronise their connections, 'stateless' for those whose virtual services all have scheduler mh or sh, 'none' to leave them alone. 'lvsha sync profile --show' tells each with its reason.
</longdesc>
   <shortdesc lang="en">Sysctls for connections that survive a failover</shortdesc>
   <content type="string" default="none" />
  </parameter>
  <parameter name="patience" reloadable="1">
   <longdesc lang="en">
A director that has not shown for this many seconds that it works is taken for frozen, and started again in its place; its table stays. If that does not help within the monitor's timeout, it is recovered.
</longdesc>
   <shortdesc lang="en">Seconds an answer may take</shortdesc>
   <content type="integer" default="5" />
  </parameter>
 </parameters>
 <actions>
  <action name="start" timeout="60s" />
  <action name="stop" timeout="60s" />
  <action name="monitor" timeout="20s" interval="10s" depth="0" />
  <action name="reload" timeout="60s" />
  <action name="reload-agent" timeout="20s" />
  <action name="validate-all" timeout="30s" />
  <action name="meta-data" timeout="5s" />
 </actions>
</resource-agent>
"""
