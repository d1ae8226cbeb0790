"""Measures the reading of identity papers and what the machine would decide, on synthetic people.

    python -m tests.identity.report [--honest 60] [--adversarial 1000] [--seed N | --tuning] [--jobs 2]
                                    [--engine local]...

Every honest person hands in both papers three times: photographed well, fairly and badly. Then come the
attempts of tests/identity/adversary.py, none of which may be approved. People of the tuning set are never in
the holdout, which is what is measured unless `--tuning` is given: change the reader by the first, judge it by
the second. No database is needed. It fails where a target is missed.
"""

import argparse
import os
import pickle
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from tests.identity import lean, runs
from tests.identity.figures import SEVERITIES, Figures, Tally, percentile
from tests.identity.runs import Outcome, Task

if TYPE_CHECKING:
    from tests.identity.applicants import Applicant
    from tests.identity.faults import Fault
    from tests.identity.judging import Verdict
    from tests.identity.staging import Case

TUNING = 100_000
HOLDOUT = 500_000


@dataclass
class Decisions:
    """What was decided about honest people, by severity, and who slipped through of the others."""

    papers: dict[tuple[str, str], Counter] = field(default_factory=lambda: defaultdict(Counter))
    people: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    findings: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    attempts: Counter = field(default_factory=Counter)
    stopped_by: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    false: list[str] = field(default_factory=list)


def main() -> int:
    options = arguments()
    lean.prepare_django()
    misses = []
    for engine in options.engine or ["local"]:
        misses += measure(engine, options)
    say("")
    say("Every target met." if not misses else "Missed: " + "; ".join(misses))
    return int(bool(misses))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--honest", type=int, default=60, help="people who hand in three times (60)")
    parser.add_argument("--adversarial", type=int, default=1000, help="attempts to deceive (1000)")
    parser.add_argument("--faults", type=int, default=8, help="photographs of each single fault (8)")
    parser.add_argument("--seed", type=int, help="where people's seeds start; the holdout's by default")
    parser.add_argument("--tuning", action="store_true", help="measure the set that may be looked at")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--engine", action="append", help="as in KYC_READER; may be given again (local)")
    parser.add_argument("--misses", action="store_true", help="list every honest paper that was not approved")
    parser.add_argument(
        "--keep", type=Path, help="file of readings to go on from while only decisions change"
    )
    options = parser.parse_args()
    if options.seed is None:
        options.seed = TUNING if options.tuning else HOLDOUT
    return options


def measure(engine: str, options: argparse.Namespace) -> list[str]:
    from tests.identity import adversary, faults, judging
    from tests.identity.applicants import honest

    people = {
        severity: [honest(options.seed + number, severity) for number in range(options.honest)]
        for severity in SEVERITIES
    }
    attempts = adversary.cases(options.adversarial, seed=options.seed)
    honest_tasks = {task for rows in people.values() for one in rows for task in judging.tasks_of(one)}
    other_tasks = {task for case in attempts for task in judging.tasks_of(case.applicant)}
    faulty = faults.faults(options.faults, seed=options.seed + 3000)
    other_tasks |= {fault.task for fault in faulty}
    begun = time.perf_counter()
    counted, outcomes = Figures(), {}
    for outcome in readings(honest_tasks | other_tasks, engine, options):
        outcomes[outcome.task] = outcome
        counted.add(outcome, is_honest=outcome.task in honest_tasks)
        progress(len(outcomes), len(honest_tasks | other_tasks), begun)
    decisions = Decisions()
    for severity, rows in people.items():
        for one in rows:
            judge_honest(decisions, severity, judging.judge(one, outcomes), options)
    for case in attempts:
        judge_attempt(decisions, case, judging.judge(case.applicant, outcomes))
    seconds = time.perf_counter() - begun
    weight = lean.weigh(
        engine, [(task.kind, images_of(task)) for task in sorted(honest_tasks, key=repr)[:40]]
    )
    misses = judge_targets(engine, counted, decisions, weight)
    heading(
        f"{engine}: {options.honest} people at three severities, {len(attempts)} attempts, seed {options.seed}"
    )
    say(f"{len(outcomes)} papers of two photographs read in {seconds:.0f} s by {options.jobs} workers")
    show_reading(counted)
    strange = show_faults(faulty, outcomes)
    show_decisions(decisions)
    show_looks(people, outcomes)
    show_cost(counted, weight)
    if strange:
        misses.append(f"{engine}: single faults named ({strange} otherwise)")
    return misses


def readings(tasks: set[Task], engine: str, options: argparse.Namespace) -> Iterator[Outcome]:
    """Read all papers, or take what an earlier run with `--keep` has read of them."""
    kept: dict[Task, Outcome] = {}
    if options.keep and options.keep.exists():
        kept = pickle.loads(options.keep.read_bytes())
    yield from (kept[task] for task in sorted(tasks & kept.keys(), key=repr))
    for outcome in runs.read_all(tasks - kept.keys(), engine=engine, jobs=options.jobs):
        kept[outcome.task] = outcome
        if options.keep and len(kept) % 50 == 0:
            options.keep.write_bytes(pickle.dumps(kept))
        yield outcome
    if options.keep:
        options.keep.write_bytes(pickle.dumps(kept))


def images_of(task: Task) -> dict[str, bytes]:
    return {side: photo.jpeg() for side, photo in task.sides}


def judge_honest(
    decisions: Decisions, severity: str, verdict: "Verdict", options: argparse.Namespace
) -> None:
    for kind, state in verdict.states.items():
        decisions.papers[(kind, severity)][state] += 1
        if state not in {"approved", "rejected"}:
            decisions.findings[severity].update(verdict.findings[kind])
        if options.misses and severity != "poor" and state != "approved":
            say(f"  person {verdict.person} {severity} {kind}: {state} {verdict.notes(kind)}")
    states = set(verdict.states.values())
    whole = "approved" if states == {"approved"} else "rejected" if "rejected" in states else "needs_review"
    decisions.people[severity][whole] += 1


def judge_attempt(decisions: Decisions, case: "Case", verdict: "Verdict") -> None:
    decisions.attempts[case.kind] += 1
    passed = sorted(kind for kind in case.must_not if verdict.states.get(kind) == "approved")
    if passed:
        decisions.false.append(
            f"{case.kind} (attempt {case.number}, person {case.applicant.person.seed}, "
            f"edited: {case.edited}): {', '.join(passed)} approved"
        )
    for kind in case.must_not:
        decisions.stopped_by[case.kind].update(verdict.findings.get(kind, ()))


# --- printing ------------------------------------------------------------------------------------


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def heading(text: str) -> None:
    say("\n" + text + "\n" + "=" * len(text))


def progress(done: int, whole: int, begun: float) -> None:
    if sys.stderr.isatty() or done % 200 == 0:
        sys.stderr.write(f"\r{done}/{whole} papers, {time.perf_counter() - begun:.0f} s ")
        sys.stderr.flush()


def rate(right: int, seen: int) -> str:
    return f"{right:4d}/{seen:<4d} {100 * right / seen:5.1f} %" if seen else f"{'-':>17}"


def row(name: str, tallies: dict[str, Tally], note: str = "") -> None:
    cells = "   ".join(
        rate(tallies[s].right, tallies[s].seen) if s in tallies else f"{'-':>17}" for s in SEVERITIES
    )
    wrong = sum(tally.wrong for tally in tallies.values())
    say(f"{name:28} {cells}   wrong {wrong}{note}")


def show_reading(counted: Figures) -> None:
    say("")
    say(f"{'read right':28} {'good':>17}   {'fair':>17}   {'poor':>17}")
    row("layout", counted.layouts)
    row("QR code", counted.qr)
    row("machine readable zone", counted.mrz)
    for name in sorted({name for name, _ in counted.fields}):
        tallies = {
            severity: counted.fields[(name, severity)]
            for severity in SEVERITIES
            if (name, severity) in counted.fields
        }
        note = f", of them with confidence >= 0.9: {sum(tally.sure_and_wrong for tally in tallies.values())}"
        row(f"print: {name}", tallies, note)
        if name.endswith("full_name"):
            plain = {s: Tally(right=tally.folded, seen=tally.seen) for s, tally in tallies.items()}
            row("  without tones", plain)
    say("")
    for severity in SEVERITIES:
        say(f"photographs, {severity}: {_counts(counted.problems.get(severity, Counter()))}")
    for text in counted.let_through[:20]:
        say(f"  poor, but not asked for again: {text}")
    for text in counted.other_reason[:20]:
        say(f"  another reason than its fault: {text}")


def show_faults(faulty: list["Fault"], outcomes: dict[Task, Outcome]) -> int:
    """Print what was said of photographs with one fault; return how often it was not the fault."""
    said: dict[str, Counter] = defaultdict(Counter)
    strange: Counter = Counter()
    for fault in faulty:
        problem = str(outcomes[fault.task].reading.sides[fault.side].quality.problem)
        said[fault.kind][problem or "usable"] += 1
        strange[fault.kind] += problem not in fault.expected if fault.expected else bool(problem)
    say("")
    for kind, counts in said.items():
        note = f"   NOT ITS FAULT: {strange[kind]}" if strange[kind] else ""
        say(f"{kind:28} {_counts(counts)}{note}")
    return sum(strange.values())


def show_looks(people: dict[str, list["Applicant"]], outcomes: dict[Task, Outcome]) -> None:
    """Print how often photographs of different papers have to be compared pixel by pixel."""
    from accounts.extraction import looks
    from accounts.kyc.duplicates import NEAR

    seen = [
        (one.person.seed, kind, side, look)
        for severity in ("good", "fair")
        for one in people[severity]
        for kind, sides in one.papers
        for side, look in outcomes[Task(kind, sides)].looks
    ]
    pairs = [
        (first[3], second[3])
        for first, second in combinations(seen, 2)
        if first[0] != second[0] and first[1:3] == second[1:3]
    ]
    near = sum(looks.distance(first, second) <= NEAR for first, second in pairs)
    say("")
    say(f"photographs of different people whose looks are near each other: {near} of {len(pairs)} pairs")


def show_decisions(decisions: Decisions) -> None:
    say("")
    for (kind, severity), states in sorted(decisions.papers.items()):
        say(f"{kind:16} {severity}: {_counts(states)}")
    for severity in SEVERITIES:
        say(f"{'both papers':16} {severity}: {_counts(decisions.people[severity])}")
        if decisions.findings[severity]:
            say(f"{'':16} sent to people for: {_counts(decisions.findings[severity])}")
    say("")
    say(f"attempts: {sum(decisions.attempts.values())}, approved by the machine: {len(decisions.false)}")
    for text in decisions.false:
        say(f"  FALSE APPROVAL {text}")
    for kind in sorted(decisions.attempts):
        say(f"  {kind:38} {decisions.attempts[kind]:3d}  {_counts(decisions.stopped_by[kind], most=4)}")


def show_cost(counted: Figures, weight: dict[str, tuple[int, int]]) -> None:
    say("")
    for name, values in (("wall", counted.wall), ("CPU", counted.cpu)):
        say(
            f"seconds per paper of two photographs, {name}: median {percentile(values, 0.5):.2f}, "
            f"p95 {percentile(values, 0.95):.2f}, longest {max(values):.2f}"
        )
    say(f"(drawing and photographing, not counted: median {percentile(counted.making, 0.5):.2f} s CPU)")
    for name, (rss, pss) in weight.items():
        say(f"a worker of its own, {name}: RSS {rss / 1e6:.0f} MB, PSS {pss / 1e6:.0f} MB")


def _counts(counter: Counter, *, most: int | None = None) -> str:
    whole = sum(counter.values())
    parts = [f"{name} {count}" for name, count in counter.most_common(most)]
    return ", ".join(parts) + (f" (of {whole})" if len(counter) > 1 and most is None else "")


def judge_targets(
    engine: str, counted: Figures, decisions: Decisions, weight: dict[str, tuple[int, int]]
) -> list[str]:
    misses = []

    def ask(name: str, is_met: bool, got: str) -> None:
        if not is_met:
            misses.append(f"{engine}: {name} ({got})")

    for severity, least in (("good", 0.9), ("fair", 0.7)):
        states: Counter = Counter()
        for (_, of), counts in decisions.papers.items():
            if of == severity:
                states += counts
        share = states["approved"] / max(1, sum(states.values()))
        ask(f"{least:.0%} of {severity} papers decided by the machine", share >= least, f"{share:.1%}")
    ask(
        "every poor photograph asked for again",
        not counted.let_through,
        f"{len(counted.let_through)} were not",
    )
    ask("the reason is its fault", not counted.other_reason, f"{len(counted.other_reason)} have another")
    ask("no false approval", not decisions.false, str(len(decisions.false)))
    slow = percentile(counted.wall, 0.95)
    ask("p95 under 3 s a paper", slow < 3, f"{slow:.2f} s")
    most = weight["at most, while it reads"][0]
    ask("under 200 MB a worker", most < 200e6, f"{most / 1e6:.0f} MB RSS")
    return misses


if __name__ == "__main__":
    sys.exit(main())
