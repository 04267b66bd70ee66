import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.errors import PortTakenError
from infra.ports import choose_ports, free_port, is_free, require_free
from infra.settings import InfraSettings


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_ports_are_chosen_once(tmp_path: Path) -> None:
    """Clients that were told an address find the service there after a restart."""
    settings = InfraSettings(var=tmp_path)
    assert choose_ports(settings) == choose_ports(settings)


def test_the_users_port_wins_over_the_remembered_one(tmp_path: Path) -> None:
    """A variable set later counts."""
    choose_ports(InfraSettings(var=tmp_path))
    wanted = free_port()
    assert choose_ports(InfraSettings(var=tmp_path, kafka_port=wanted)).kafka == wanted


def test_a_remembered_port_that_somebody_took_is_replaced(tmp_path: Path) -> None:
    """Nobody chose it, so nobody needs to be asked."""
    first = choose_ports(InfraSettings(var=tmp_path))
    with socket.create_server(("127.0.0.1", first.postgres)):
        assert choose_ports(InfraSettings(var=tmp_path)).postgres != first.postgres


def test_a_running_stack_keeps_its_ports_whoever_seems_to_hold_them(tmp_path: Path) -> None:
    """A process that asks beside a start must not have clients told other addresses."""
    settings = InfraSettings(var=tmp_path)
    first = choose_ports(settings)
    with socket.create_server(("127.0.0.1", first.postgres)):
        assert choose_ports(settings, running=True) == first


def test_a_taken_port_names_its_holder_and_the_variable(taken: int) -> None:
    """The user can end the one, or change the other."""
    with pytest.raises(PortTakenError, match=rf"Port {taken} is taken by .*process \d+.*set ASSAY_KAFKA_PORT"):
        require_free(taken, "ASSAY_KAFKA_PORT")


def test_a_preferred_port_is_given_up_when_taken(taken: int) -> None:
    """Two stacks on one machine do not meet."""
    assert free_port(taken) != taken
    assert is_free(free_port(taken))
