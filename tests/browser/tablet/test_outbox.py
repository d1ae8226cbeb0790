"""What the outbox promises: a command is stored whole or not at all, and stays until the server has all of it."""

import json
from datetime import timedelta

import pytest

from rentals.sync.canonical import canonical

# These need no database; this keeps the folder's own kind, which empties every table after each test, away.
pytestmark = pytest.mark.django_db

BROKEN_PUT = """() => {
    const put = IDBObjectStore.prototype.put;
    window.fails = true;
    let count = 0;
    IDBObjectStore.prototype.put = function (...given) {
        if (window.fails && this.name === "files" && (count += 1) > 1) throw new DOMException("", "QuotaExceededError");
        return put.apply(this, given);
    };
}"""
ATTEMPT = "async code => { try { return await pickup(code); } catch (error) { return error.name; } }"


def set_settled(bench, *, days: float) -> None:
    """Pretend that everything was settled so long ago."""
    ageing = """async days => store.tx(["commands"], "readwrite", async of => {
        for (const record of await store.answer(of("commands").getAll())) {
            record.settled_at = new Date(Date.now() - days * 86_400_000).toISOString();
            await store.answer(of("commands").put(record));
        }
    })"""
    bench.run(ageing, days)


def test_a_full_disk_is_said_and_nothing_is_half_written(bench):
    bench.run(BROKEN_PUT)

    assert bench.run(ATTEMPT, "VG-FULL22") == "StorageFull"

    assert (bench.size_of("commands"), bench.size_of("files")) == (0, 0)
    assert bench.run("outbox.lastNumber()") is None
    bench.run("() => { window.fails = false; }")
    bench.pickup("VG-FULL22")
    assert bench.states() == ["queued"]


def test_a_nearly_full_tablet_says_so_before_a_handover_begins(bench):
    bench.run("() => { navigator.storage.estimate = async () => ({usage: 95e6, quota: 100e6}); }")

    assert bench.run("outbox.hasRoom()") is False
    assert bench.run("outbox.hasRoom(1_000_000)") is True


def test_a_draft_is_finished_once_even_by_two_tabs(bench):
    other = bench.context.new_page()
    bench._ready(other)
    bench.run("""store.tx(["drafts", "draft_files"], "readwrite", async of => {
        await store.answer(of("drafts").put({key: "pickup:VG-DRAFT2"}));
        await store.answer(of("draft_files").put({draft: "pickup:VG-DRAFT2", role: "photo:0"}));
        await store.answer(of("draft_files").put({draft: "pickup:VG-ELSE22", role: "photo:0"}));
    })""")
    finishing = """async () => {
        try { return (await pickup("VG-DRAFT2", {draft: "pickup:VG-DRAFT2"})).length; }
        catch (error) { return error.name; }
    }"""

    found = [bench.run(finishing), other.evaluate(finishing)]

    assert found == [36, "DraftGone"]
    assert (bench.size_of("commands"), bench.size_of("drafts"), bench.size_of("draft_files")) == (1, 0, 1)


def test_numbers_rise_by_one_and_go_on_above_when_the_storage_was_lost(bench):
    for code in ("VG-AAAAAA", "VG-BBBBBB"):
        bench.pickup(code, photos=0)
    first, second = (command["seq"] for command in bench.commands())
    bench.run("store.meta.remove('seq')")
    # Later: what is counted from the clock's seconds is above whatever was counted one by one before.
    bench.run("() => { const now = Date.now; Date.now = () => now() + 10_000; }")
    bench.pickup("VG-CCCCCC", photos=0)

    assert second == first + 1
    assert bench.commands()[-1]["seq"] > second


def test_a_walk_in_is_its_own_subject(bench):
    made = bench.run("outbox.enqueue({kind: 'walk_in', payload: {}, title: 'Khách vãng lai'})")

    assert bench.commands()[0]["subject"] == f"walk-in:{made}"


def test_what_lies_in_the_database_tells_nothing_of_people(bench):
    bench.run("""outbox.enqueue({
        kind: "note", subject: "booking:VG-7K2M4Q", ticket: "the-ticket", title: "Nguyễn Minh Anh",
        payload: {text: "gọi 0900000001"}, files: [{role: "photo:0", blob: new Blob(["a face"])}],
    })""")

    raw = bench.run("""async () => {
        const rows = await store.tx(["commands", "files"], "readonly", async of => [
            await store.answer(of("commands").getAll()), await store.answer(of("files").getAll())]);
        const readable = (_key, value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
            ? new TextDecoder("latin1").decode(value) : value;
        return JSON.stringify(rows, readable);
    }""")

    assert "VG-7K2M4Q" in raw
    assert [word for word in ("Minh", "0900000001", "the-ticket", "a face", "U-1") if word in raw] == []


def test_what_was_done_is_kept_for_a_week_and_what_was_not_for_ever(bench):
    bench.centre.decides["note"] = ("conflict", "booking_cancelled")
    bench.pickup("VG-7K2M4Q")
    bench.run("outbox.enqueue({kind: 'note', subject: 'booking:VG-7K2M4Q', payload: {}})")
    bench.send()

    set_settled(bench, days=6.9)
    bench.run("outbox.prune()")
    assert (bench.states(), bench.size_of("files")) == (["applied", "conflict"], 2)

    set_settled(bench, days=7.1)
    bench.run("outbox.prune()")
    assert (bench.states(), bench.size_of("files")) == (["conflict"], 0)


def test_room_is_made_from_what_the_server_has_had_for_a_day(bench):
    bench.pickup("VG-OLDOLD", size=200_000)
    bench.send()
    set_settled(bench, days=1.1)
    bench.pickup("VG-NEWNEW", size=300_000, seed=1)

    assert bench.run("outbox.makeRoom()") == 205_000
    assert bench.states() == ["applied", "queued"]
    assert bench.size_of("files") == 2


def test_the_clocks_error_travels_with_a_command(bench):
    bench.centre.ahead = timedelta(hours=3)
    bench.pickup("VG-BEFORE", photos=0)
    bench.send()
    bench.pickup("VG-AFTER2", photos=0)

    before, after = (command["offset_ms"] for command in bench.commands())

    assert before is None
    assert abs(after - 3 * 3_600_000) < 2_000


def test_a_clock_that_was_set_back_since_is_not_believed(bench):
    bench.send()
    bench.run("() => { const now = Date.now; Date.now = () => now() - 3_600_000; }")

    bench.pickup("VG-SETBAC", photos=0)

    assert bench.commands()[0]["offset_ms"] is None


def test_a_value_is_written_for_hashing_as_the_server_writes_it(bench):
    value = {
        "z": [1, None, True, 1.5, -0.25, 12_034],
        "ế": 'dấu "ngoặc" \\ / \n\t\x7f\x01\u2028',
        "a": {"😀": 1, "\uff5e": 2, "": {}},
        "Z": [],
    }

    assert bench.run("value => hash.canonical(value)", value) == canonical(value)


def test_an_export_holds_what_was_not_sent_and_names_nobody(bench):
    bench.pickup("VG-SENT22")
    bench.send()
    bench.pickup("VG-WAITS2", photos=2, size=50_000, seed=5)

    text = bench.run("""async () => {
        const {exportAll} = await import("/static/js/tablet/export.js");
        const {name, blob, count} = await exportAll({tablet: "T-ABC123", station: "HCM-01"});
        return JSON.stringify({name, count, text: await blob.text()});
    }""")

    made = json.loads(text)
    found = json.loads(made["text"])
    (line,) = found["index"]
    assert (made["count"], found["format"], found["tablet"]) == (1, "voltgo-tablet-export/1", "T-ABC123")
    assert made["name"].startswith("voltgo-T-ABC123-")
    assert (line["kind"], line["subject"], line["files"]) == ("pickup", "booking:VG-WAITS2", 3)
    assert (line["unsent"], line["bytes"]) == (3, 105_000)
    assert [command["id"] for command in found["commands"]] == [line["id"]]
    assert len(found["files"]) == 3
    assert set(found["files"][0]["box"]["data"]) == {"base64"}
    assert "51K-123.45" not in made["text"]


# --- Versions -------------------------------------------------------------------------------------

NEWER_STORE = "\nUPGRADES.push((database) => database.createObjectStore('hints'));\n"


def with_newer_app(route) -> None:
    """Serve the next version of the app: its database has one more store."""
    body = route.fetch().text() + NEWER_STORE
    route.fulfill(body=body, content_type="text/javascript")


def with_newer_schema(route) -> None:
    """Serve a version of the app whose commands have another shape."""
    body = route.fetch().text().replace("export const SCHEMA = 1;", "export const SCHEMA = 2;")
    route.fulfill(body=body, content_type="text/javascript")


def test_an_upgrade_of_app_and_database_keeps_the_queue(bench):
    before = bench.pickup("VG-BEFORE")
    bench.context.route("**/store.js", with_newer_app)
    bench.context.route("**/outbox.js", with_newer_schema)
    bench.centre.knows_schemas = frozenset({1, 2})

    bench.reload()
    after = bench.pickup("VG-AFTER2", seed=1)
    bench.send()

    assert bench.size_of("hints") == 0
    assert bench.states() == ["applied", "applied"]
    assert [bench.centre.commands[made]["schema"] for made in (before, after)] == [1, 2]


def test_an_old_tab_reads_what_a_newer_app_has_left(bench):
    bench.pickup("VG-BEFORE")
    bench.context.route("**/store.js", with_newer_app)
    bench.reload()
    bench.pickup("VG-NEWER2", seed=1)
    bench.context.unroute("**/store.js")

    bench.reopen()
    bench.send()

    assert bench.states() == ["applied", "applied"]


def test_a_command_that_the_server_cannot_read_yet_waits_with_a_person_told(bench):
    bench.context.route("**/outbox.js", with_newer_schema)
    bench.reload()
    bench.pickup("VG-FUTURE")
    for _ in range(5):
        bench.send(everything=True)

    (command,) = bench.commands()
    assert (command["state"], command["needsAttention"]) == ("queued", True)
    assert command["trouble"] == "answer_schema_unknown"

    bench.centre.knows_schemas = frozenset({1, 2})
    bench.send(everything=True)
    assert bench.states() == ["applied"]
