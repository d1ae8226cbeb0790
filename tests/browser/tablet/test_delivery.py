"""What becomes of a delivery when the network, the server or the tablet fails in its middle."""

import pytest

# These need no database; see test_outbox.py.
pytestmark = pytest.mark.django_db

SYNC = "POST /station/api/sync"
PIECE = 256 * 1024


def arrived_once(bench, made) -> bool:
    """Say whether a command is there as it was made, with every byte of its files."""
    command = bench.centre.commands[made]
    return not bench.centre.altered and all(
        bench.centre.is_whole(file["sha256"]) for file in command["files"]
    )


def test_a_pickup_arrives_whole_commands_first_signatures_before_photographs(bench):
    first = bench.pickup("VG-7K2M4Q", photos=2, size=10_000)
    second = bench.pickup("VG-SECOND", photos=1, size=10_000, seed=1)

    state = bench.send()

    assert (state["online"], state["waiting"], state["attention"], state["reason"]) == (True, 0, 0, "")
    assert bench.states() == ["applied", "applied"]
    files = [bench.centre.commands[made]["files"] for made in (first, second)]
    roles = {file["sha256"]: (number, file["role"]) for number, each in enumerate(files) for file in each}
    assert [roles[sha256] for sha256, _offset in bench.centre.pieces] == [
        (0, "signature:renter"),
        (1, "signature:renter"),
        (0, "photo:0"),
        (0, "photo:1"),
        (1, "photo:0"),
    ]
    requests = [line for line in bench.net.requests if "/station/api/" in line]
    assert requests[1] == SYNC
    assert requests[2].startswith("PUT")
    assert bench.run("window.refreshes") == 1


def test_an_answer_that_was_lost_after_commit_doubles_nothing(bench):
    made = bench.pickup("VG-7K2M4Q")
    bench.net.set("lose_sync_answer")

    assert bench.send()["online"] is False
    assert bench.net.struck >= 1
    assert list(bench.centre.commands) == [made]
    assert bench.states() == ["queued"]

    bench.net.set("open")
    assert bench.send()["waiting"] == 0
    assert list(bench.centre.commands) == [made]
    assert arrived_once(bench, made)


# A signature is one piece, a photograph of 600 kB three.
@pytest.mark.parametrize("piece", [1, 2, 3, 4])
def test_a_photograph_goes_on_from_the_byte_at_which_the_line_broke(bench, piece):
    made = bench.pickup("VG-7K2M4Q")
    bench.net.set("cut_in_piece", piece=piece)

    assert bench.send()["online"] is False
    assert bench.net.struck == 1
    assert len(bench.centre.pieces) == piece - 1

    bench.net.set("open")
    assert bench.send()["waiting"] == 0
    assert arrived_once(bench, made)
    # Not a byte was sent twice of what had arrived.
    assert len(bench.centre.pieces) == len(set(bench.centre.pieces)) == 4
    assert [offset for _sha256, offset in bench.centre.pieces[1:]] == [0, PIECE, 2 * PIECE]


@pytest.mark.parametrize(
    ("mode", "reason"), [("portal", "stranger"), ("http500", "server"), ("cut", "network")]
)
def test_only_our_server_counts_as_an_answer(bench, mode, reason):
    made = bench.pickup("VG-7K2M4Q")
    bench.net.set(mode)

    state = bench.send()

    assert (state["online"], state["reason"], state["waiting"]) == (False, reason, 1)
    assert (bench.states(), bench.commands()[0]["tries"]) == (["queued"], 0)
    bench.net.set("open")
    bench.send()
    assert arrived_once(bench, made)


def test_a_portal_in_the_middle_of_a_round_is_no_answer_either(bench):
    bench.pickup("VG-7K2M4Q")
    portal = {"content_type": "text/html", "body": "<html>please accept the terms</html>"}
    bench.context.route("**/station/api/sync", lambda route: route.fulfill(**portal))

    state = bench.send()

    assert (state["online"], state["reason"]) == (False, "stranger")
    assert bench.states() == ["queued"]


def test_two_tabs_send_once(bench):
    made = [bench.pickup(f"VG-{number}{number}{number}", size=20_000, seed=number) for number in range(3)]
    other = bench.context.new_page()
    bench._ready(other)

    for page in (bench.page, other):
        page.evaluate("() => { window.sending = send(); }")
    states = [page.evaluate("window.sending") for page in (bench.page, other)]
    bench.send()

    assert all(state["waiting"] == 0 for state in states if state["reason"] == "" and state["online"])
    assert bench.states() == ["applied"] * 3
    assert sorted(bench.centre.commands) == sorted(made)
    assert len(bench.centre.pieces) == len(set(bench.centre.pieces))


def test_the_browser_may_be_closed_and_opened_in_between(bench):
    bench.net.set("cut")
    made = bench.pickup("VG-7K2M4Q")
    bench.page.close()
    bench.net.set("open")

    bench.open()
    bench.send()

    assert arrived_once(bench, made)


def test_a_command_that_the_server_chokes_on_keeps_nobody_else(bench):
    bench.pickup("VG-AAAAAA", size=10_000)
    bench.run("outbox.enqueue({kind: 'fault', subject: 'vehicle:X-1', payload: {}})")
    bench.pickup("VG-BBBBBB", size=10_000, seed=1)
    bench.centre.chokes_on = {"fault"}

    for _ in range(5):
        bench.send()
    assert bench.states() == ["applied", "queued", "applied"]
    fault = bench.commands()[1]
    assert (fault["tries"], fault["trouble"], fault["needsAttention"]) == (5, "http_500", True)

    # From now on it goes slowly, unless a person asks; it is never given up.
    asked = bench.net.count(SYNC)
    bench.send()
    assert bench.net.count(SYNC) == asked
    bench.centre.chokes_on = set()
    state = bench.send(everything=True)
    assert (bench.states(), state["attention"]) == (["applied"] * 3, 0)


def test_a_conflict_is_shown_until_a_person_has_decided(bench):
    bench.centre.decides["pickup"] = ("conflict", "booking_cancelled")
    bench.pickup("VG-7K2M4Q")

    state = bench.send()

    (command,) = bench.commands()
    assert (state["waiting"], state["attention"]) == (0, 1)
    assert (command["state"], command["words"]) == ("conflict", "Máy chủ: booking_cancelled")
    bench.centre.decides["pickup"] = ("resolved", "")
    assert bench.send(everything=True)["attention"] == 0
    assert bench.states() == ["resolved"]


def test_what_waits_at_the_server_for_something_else_is_asked_about_again(bench):
    bench.centre.decides["pickup"] = ("waiting", "waiting_before")
    made = bench.pickup("VG-7K2M4Q")

    state = bench.send()
    assert (bench.states(), state["waiting"], state["unsent"]) == (["delivered"], 1, 0)

    del bench.centre.decides["pickup"]
    bench.send()
    assert bench.states() == ["applied"]
    assert arrived_once(bench, made)


def test_after_a_restore_of_the_server_everything_goes_again(bench):
    made = bench.pickup("VG-7K2M4Q")
    bench.send()
    centre = bench.centre
    centre.commands.clear()
    centre.files.clear()
    centre.arrivals.clear()
    centre.epoch = "another-life"

    bench.send()

    assert bench.states() == ["applied"]
    assert list(centre.commands) == [made]
    assert arrived_once(bench, made)


def test_a_file_that_arrives_damaged_goes_again_from_its_start(bench):
    bench.centre.garbles = 1
    made = bench.pickup("VG-7K2M4Q")

    bench.send()

    assert bench.states() == ["applied"]
    assert arrived_once(bench, made)


def test_a_session_that_ended_does_not_stop_the_sending(bench):
    bench.centre.is_anybody_signed_in = False
    made = bench.pickup("VG-7K2M4Q")

    state = bench.send()

    assert (state["online"], state["reason"], state["waiting"]) == (True, "signed_out", 0)
    assert arrived_once(bench, made)
    # The station's data is for people who are signed in.
    assert bench.run("window.refreshes") is None


def test_a_locked_tablet_keeps_everything_until_it_is_unlocked(bench):
    made = bench.pickup("VG-7K2M4Q")
    bench.run("() => localStorage.setItem('double-locked', 'idle')")
    bench.reload()

    state = bench.send()
    assert (state["online"], state["reason"], state["waiting"]) == (True, "locked", 1)
    (command,) = bench.commands()
    assert (command["kind"], command["title"], command["tries"]) == ("pickup", None, 0)

    bench.run("() => localStorage.removeItem('double-locked')")
    assert bench.send()["waiting"] == 0
    assert arrived_once(bench, made)


def test_a_withdrawn_tablet_forgets_its_keys_and_keeps_its_queue(bench):
    bench.pickup("VG-7K2M4Q")
    bench.centre.refuses = (410, "tablet_revoked")

    state = bench.send()

    assert state["reason"] == "tablet_revoked"
    assert bench.run("localStorage.getItem('double-locked')") == "revoked"
    assert (bench.states(), bench.centre.commands) == (["queued"], {})


def test_a_tablet_that_the_server_does_not_know_keeps_its_queue(bench):
    bench.pickup("VG-7K2M4Q")
    bench.centre.refuses = (401, "tablet_unknown")

    state = bench.send()

    assert (state["reason"], bench.states()) == ("tablet_unknown", ["queued"])
    assert bench.run("localStorage.getItem('double-locked')") is None


def test_what_is_done_while_photographs_go_is_told_before_the_next_of_them(bench):
    bench.pickup("VG-7K2M4Q", photos=3, size=300_000)
    bench.run("""() => document.addEventListener("tablet:net", ({detail}) => {
        if (!detail.progress || window.isNoted) return;
        window.isNoted = true;
        outbox.enqueue({kind: "note", subject: "booking:VG-7K2M4Q", payload: {text: "x"}});
    })""")

    bench.send()
    bench.send()

    assert bench.states() == ["applied", "applied"]
    requests = [line for line in bench.net.requests if "/station/api/" in line]
    puts = [place for place, line in enumerate(requests) if line.startswith("PUT")]
    assert any(line == SYNC for line in requests[puts[0] : puts[-1]])


def test_sending_goes_on_by_itself_when_the_network_is_back(bench):
    bench.net.set("cut")
    bench.run("sync.start()")
    made = bench.pickup("VG-7K2M4Q", size=10_000)
    bench.page.wait_for_timeout(200)
    assert bench.centre.commands == {}

    bench.net.set("open")
    bench.run("() => dispatchEvent(new Event('online'))")
    for _ in range(100):
        if bench.states() == ["applied"]:
            break
        bench.page.wait_for_timeout(50)

    assert bench.states() == ["applied"]
    assert arrived_once(bench, made)


def test_two_hundred_commands_arrive_in_their_order(bench):
    bench.run("""async () => {
        for (let number = 0; number < 200; number += 1) {
            await outbox.enqueue({kind: "note", subject: "booking:VG-7K2M4Q", payload: {number}});
        }
    }""")

    bench.send()

    assert [command["payload"]["number"] for command in bench.centre.seen("note")] == list(range(200))
    assert bench.net.count(SYNC) == 10


def test_pauses_grow_from_five_seconds_to_five_minutes_and_never_in_step(bench):
    bench.run("""() => {
        window.pauses = [];
        const real = window.setTimeout;
        window.setTimeout = (act, wait, ...given) => {
            if (wait >= 1_000) window.pauses.push(wait / 1_000);
            return real(act, wait, ...given);
        };
    }""")
    bench.net.set("cut")
    for _ in range(8):
        bench.send()
    bench.net.set("open")
    bench.send()

    pauses = bench.run("window.pauses")
    wanted = [5, 10, 20, 40, 80, 160, 300, 300, 30]
    assert [0.8 <= pause / about <= 1.2 for pause, about in zip(pauses, wanted, strict=True)] == [True] * 9
    assert pauses != wanted
