from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from voltgo.core.api.pagination import Pages


def _page_of(numbers: list[int], query: str) -> dict[str, object]:
    pages = Pages()
    request = Request(APIRequestFactory().get(f"/api/v1/things/?{query}"))
    rows = pages.paginate_queryset(numbers, request)
    return dict(pages.get_paginated_response(rows).data)


def test_a_page_says_where_it_stands() -> None:
    page = _page_of(list(range(45)), "page=2")

    assert page == {
        "count": 45,
        "pages": 3,
        "page": 2,
        "next": "http://testserver/api/v1/things/?page=3",
        "previous": "http://testserver/api/v1/things/",
        "results": list(range(20, 40)),
    }


def test_a_client_may_choose_the_size_of_a_page() -> None:
    assert _page_of(list(range(45)), "page_size=7")["results"] == list(range(7))


def test_a_page_never_holds_more_than_a_hundred() -> None:
    assert _page_of(list(range(300)), "page_size=1000")["results"] == list(range(100))
