"""What the operator wrote: from the bytes of ldirectord.cf to a configuration."""
