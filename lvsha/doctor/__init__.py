"""What commonly breaks on a director, and the commands that mend it.

Facts are gathered first, each with a deadline, and judged by pure functions. What
could not be seen is a fact, too.
"""
