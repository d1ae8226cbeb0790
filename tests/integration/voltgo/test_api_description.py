import json

from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator


def test_the_description_is_complete_and_without_complaints() -> None:
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        schema = SchemaGenerator().get_schema(request=None, public=True)
        complaints = [*GENERATOR_STATS._error_cache, *GENERATOR_STATS._warn_cache]

    assert complaints == []
    assert set(schema["components"]["securitySchemes"]) == {"session", "token"}


def test_anybody_may_read_the_description(client: Client) -> None:
    answer = client.get("/api/v1/schema/?format=json")

    assert answer.status_code == 200
    assert json.loads(answer.content)["info"]["title"] == "VoltGo API"


def test_the_page_of_the_description_comes_from_our_own_files(client: Client) -> None:
    answer = client.get("/api/docs/")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert 'src="/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"' in page
    assert "https://" not in page
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_its_script_is_served_apart(client: Client) -> None:
    answer = client.get("/api/docs/?script=")

    assert answer["Content-Type"].startswith("application/javascript")
    assert b"SwaggerUIBundle" in answer.content
