"""What virtual services and real servers may be called on a command line. Pure."""

from lvsha.identity import Vip, bracketed
from lvsha.model import RealServer, VirtualService


def names_of(virtual: VirtualService) -> tuple[str, ...]:
    """Return what *virtual* may be called: its id first, all in small letters."""
    key = virtual.key
    names = [str(key)]
    if isinstance(key, Vip):
        names += [str(key.endpoint), bracketed(key.endpoint.address)]
        names.append(str(key.endpoint.address))
    else:
        names.append(str(key.mark))
    if virtual.servicename:
        names.append(virtual.servicename)
    return tuple(name.lower() for name in names)


def names_of_real(real: RealServer) -> tuple[str, ...]:
    """Return what *real* may be called: its endpoint first, all in small letters."""
    endpoint = real.endpoint
    names = [str(endpoint), bracketed(endpoint.address), str(endpoint.address)]
    if real.name:
        names += [f"{real.name}:{endpoint.port}", real.name]
    return tuple(name.lower() for name in names)
