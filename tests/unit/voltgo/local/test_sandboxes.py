import socket

import pytest

from voltgo.local import sandboxes
from voltgo.local.sandboxes import HOST, PROVIDERS, Sandboxes, free_row


def test_every_provider_has_a_port_of_its_own_and_the_portal_is_told() -> None:
    planned = Sandboxes(tuple(PROVIDERS), 8001)

    assert planned.variables() == {
        "VNPAY_PAY_URL": "http://127.0.0.1:8001/paymentv2/vpcpay.html",
        "VNPAY_API_URL": "http://127.0.0.1:8001/merchant_webapi/api/transaction",
        "MOMO_API_URL": "http://127.0.0.1:8002",
        "PAYOS_API_URL": "http://127.0.0.1:8003",
        "STRIPE_API_URL": "http://127.0.0.1:8004",
        "STRIPE_PAGE_URL": "http://127.0.0.1:8004",
    }
    assert planned.command() == [
        "payment_sandboxes", "--port", "8001", "--only", "vnpay", "momo", "payos", "stripe",
    ]  # fmt: skip
    assert planned.lines() == [
        "  VNPay (test)    http://127.0.0.1:8001/",
        "  MoMo (test)     http://127.0.0.1:8002/",
        "  payOS (test)    http://127.0.0.1:8003/",
        "  Stripe (test)   http://127.0.0.1:8004/",
    ]


def test_a_provider_that_the_environment_names_is_left_alone() -> None:
    planned = Sandboxes.planned({"STRIPE_API_URL": "https://api.stripe.com"}, but=8000)

    assert planned.providers == ("vnpay", "momo", "payos")
    assert "STRIPE_PAGE_URL" not in planned.variables()


def test_a_row_that_is_partly_taken_is_passed_over() -> None:
    first = free_row(4, but=0, first=41_000)
    with socket.socket() as other:
        other.bind((HOST, first + 2))
        other.listen()

        assert free_row(4, but=0, first=first) != first


def test_the_port_of_the_portal_is_not_taken() -> None:
    first = free_row(4, but=0, first=42_000)

    assert free_row(4, but=first + 1, first=first) > first + 1


def test_no_free_ports_in_a_row_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "_is_free", lambda _port: False)

    with pytest.raises(OSError, match="in a row"):
        free_row(4, but=0)


def test_they_answer_when_the_last_of_them_listens() -> None:
    with socket.socket() as first, socket.socket() as second:
        port = free_row(2, but=0, first=43_000)
        first.bind((HOST, port))
        first.listen()
        planned = Sandboxes(("vnpay", "momo"), port)
        assert not planned.answer()

        second.bind((HOST, port + 1))
        second.listen()
        assert planned.answer()

    assert Sandboxes((), port).answer()
