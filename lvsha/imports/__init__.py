"""From other programs' configurations to an ``ldirectord.cf``, and what is lost.

Pure: text goes in, text comes out. What is written always passes ``lvsha check``.
"""
