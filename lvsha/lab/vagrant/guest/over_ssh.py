"""The lab's agent on standard input and output, where ssh has started it.

What it runs ends with the connection: nobody else could end it.
"""

import sys

from lvsha.lab.guest.agent import Agent


def main() -> None:
    """Serve until ssh hangs up."""
    agent = Agent(0, 1)
    try:
        agent.serve({"boot": "vagrant", "problems": []})
    except BrokenPipeError:
        sys.stderr.write("ssh has hung up\n")
    finally:
        agent.end()


if __name__ == "__main__":
    main()
