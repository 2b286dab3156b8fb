"""Clusters in the lab: directors with corosync and Pacemaker, fenced by the lab."""
