"""The whole plan, 2025 to 2027, in simulated time: `python -m tests.simulation [--seed N] [--quarters N]`. Prints what was found.

Each quarter some files come early, in time, late, wrong and corrected, or not at all; closings are tried on the sixteenth day and again
when what held them arrives; some wrong figures are published and rolled back. The short form is in the tests.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

from pamga.deadlines import owed
from pamga.quarter import Quarter
from publish import log
from tests.simulation.city import PARTICIPATION, City
from tests.simulation.life import agreements, events
from tests.simulation.questions import Tally, ask, ask_about_mails
from warehouse.closing import ClosedBy

FIRST = Quarter(2025, 1)


def live_through(city: City, tally: Tally, quarter: Quarter, chance: random.Random) -> None:
    """One quarter from its middle to the fifth week after its end."""
    own = {("eventos_mbh", PARTICIPATION), ("acuerdos", PARTICIPATION)}
    days = [quarter.first_day + timedelta(days=7 * n) for n in range(5)]
    if chance.random() < 0.5:  # early: the quarter still runs
        city.live_until(days[-1] + timedelta(days=chance.randrange(3, 20)))
        events(city, str(quarter), days[:4])
        city.run()
        ask(city, tally)
    late = chance.sample(
        [file for file in owed() if (file.export, file.dependencia) not in own], chance.choice((0, 1, 2))
    )
    left = {(file.export, file.dependencia) for file in late}
    city.live_until(quarter.cutoff + timedelta(days=chance.randrange(5, 14)))
    city.drop_all(str(quarter), but=own | left)
    events(city, str(quarter), days)
    agreements(city, str(quarter), days[:4], done=chance.randrange(1, 4))
    city.run()
    ask(city, tally)
    city.live_until(quarter.cutoff + timedelta(days=16))
    if chance.random() < 0.2 and left:
        city.close(quarter, ClosedBy("Ana Ruiz, directora", {export: "No tuvo actividad." for export, _ in left}))
    else:
        city.close(quarter)
    ask(city, tally)
    if chance.random() < 0.3:  # a wrong correction, taken back the day after
        agreements(city, str(quarter), days[:4], done=4)
        city.run()
        city.live_until(city.today + timedelta(days=1))
        if len(log.lineage(city.settings)) > 1:
            city.roll_back("No es cierto.", "Eva Luna, directora")
    city.live_until(quarter.cutoff + timedelta(days=chance.randrange(20, 33)))
    for export, office in sorted(left):
        city.drop(export, office, str(quarter))
    city.run()
    ask(city, tally)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quarters", type=int, default=12)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="pamga-simulation-") as folder:
        city, tally = City(Path(folder), date(2025, 1, 2)), Tally()
        for number in range(given.quarters):
            live_through(city, tally, FIRST.shift(number), chance)
            print(f"{FIRST.shift(number)}: {tally.asserted} statements, {len(tally.false)} false so far", flush=True)
        ask_about_mails(city, tally)
        print(f"False statements: {len(tally.false)} of {tally.asserted} asserted (seed {given.seed})")
        for said in tally.false[:40]:
            print(f"  {said}")
        print("Warnings of each release, by its quarter:", city.warnings)
        print("Mails by quarter:", dict(sorted(city.mails_by_quarter().items())))
        for quarter, outcome, why in city.closings:
            print(f"Closing of {quarter}: {outcome}{f' ({why})' if why else ''}")


if __name__ == "__main__":
    main()
