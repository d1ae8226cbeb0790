from collections.abc import Mapping
from typing import Any

from django.template import Context, Template
from django.utils.translation import override

from voltgo.core.choices import Choices
from voltgo.core.templatetags import kept as kept_tag


def drawn(template: Template, values: Mapping[str, Any]) -> str:
    return template.render(Context(values))


def test_what_is_kept_is_drawn_once_for_each_set_of_values() -> None:
    template = Template("{% load kept %}{% kept section %}{{ section }}{{ other }}{% endkept %}")

    assert drawn(template, {"section": "a", "other": 1}) == "a1"
    assert drawn(template, {"section": "a", "other": 2}) == "a1"
    assert drawn(template, {"section": "b", "other": 3}) == "b3"
    assert drawn(template, {"other": 4}) == "4"


def test_what_is_kept_is_drawn_once_for_each_language() -> None:
    template = Template("{% load kept %}{% kept %}{% get_current_language as here %}{{ here }}{% endkept %}")

    for language in ("vi", "en", "vi"):
        with override(language):
            assert drawn(template, {}) == language


def test_the_copies_do_not_grow_without_end() -> None:
    template = Template("{% load kept %}{% kept number %}{{ number }}{% endkept %}")

    for number in range(3 * kept_tag.MOST_COPIES):
        assert drawn(template, {"number": number}) == str(number)

    node = template.nodelist.get_nodes_by_type(kept_tag.KeptNode)[0]
    assert isinstance(node, kept_tag.KeptNode)
    assert node.copies <= kept_tag.MOST_COPIES


def test_what_nobody_offers_chooses_nothing_and_leaves_no_copy() -> None:
    choices = Choices([("", "All"), ("a", "A")])

    for value in ("x", "y", "a", "z"):
        assert choices.options(value).count(" selected") == (value == "a")

    assert choices.copies == 2


def test_a_choice_of_one_form_does_not_show_up_on_another() -> None:
    shared = Choices([("a", "A")])

    assert '<option value="here" selected>Here</option>' in Choices(shared, first=("here", "Here")).options(
        "here"
    )
    assert shared.options("here") == '<option value="a">A</option>'
