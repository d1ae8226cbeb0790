from voltgo.core.backoffice.trail import _flat


def test_two_pictures_become_what_differs_between_them() -> None:
    changes = {
        "change": "TD-MJE66X",
        "before": {"total": "288000", "pickup": "HCM-01", "return": "HCM-01"},
        "after": {"total": "364000", "pickup": "HCM-01", "return": "HCM-03"},
    }
    assert list(_flat(changes)) == [
        ("change", "TD-MJE66X"),
        ("total", ["288000", "364000"]),
        ("return", ["HCM-01", "HCM-03"]),
    ]


def test_other_values_stay_as_they_are() -> None:
    assert list(_flat({"before": 12, "battery": [31, 80]})) == [("before", 12), ("battery", [31, 80])]
