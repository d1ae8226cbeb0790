from rentals.analytics import charts


def column(label: str, value: int) -> tuple[str, int, str, str]:
    return label, value, f"{label}: {value}", f"/{label}"


def test_the_highest_column_fills_the_picture_and_the_others_keep_their_share() -> None:
    chart = charts.columns([column("a", 50), column("b", 200), column("c", 0)])

    assert [bar.height for bar in chart.bars] == [27, 110, 1]
    assert [bar.y + bar.height for bar in chart.bars] == [110, 110, 110]
    assert [bar.x for bar in chart.bars] == [5, 39, 73]
    assert chart.width == 3 * 34


def test_days_without_anything_are_lines_on_the_ground() -> None:
    chart = charts.columns([column("a", 0), column("b", 0)])

    assert {bar.height for bar in chart.bars} == {1}


def test_a_loss_is_not_drawn_upwards() -> None:
    chart = charts.columns([column("a", -40), column("b", 80)])

    assert [bar.height for bar in chart.bars] == [1, 110]


def test_amounts_of_billions_stay_whole() -> None:
    chart = charts.columns([column("a", 9_999_999_999), column("b", 3_333_333_333)])

    assert [bar.height for bar in chart.bars] == [110, 36]


def test_lying_bars_show_their_number_and_hide_when_there_is_nothing() -> None:
    chart = charts.rows(
        [("sẵn sàng", 203, "/r", "ready"), ("thất lạc", 0, "/m", "missing"), ("x", 1, "/x", "x")]
    )

    assert [(bar.words, bar.width) for bar in chart.bars] == [("203", 150), ("0", 0), ("1", 2)]
    assert [bar.y for bar in chart.bars] == [5, 35, 65]
    assert chart.height == 90


def test_nothing_at_all_is_an_empty_picture() -> None:
    assert charts.columns([]).bars == []
    assert charts.rows([]).bars == []
