"""The events of a model as compiled loops read them, and where they keep those that have fired."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cytokinome.engines.ode.lane_memory import W

if TYPE_CHECKING:
    from cytokinome.engines.ode.lane_memory import Keeper, LaneKernel

PENDING = 64  # events of one patient that have fired and whose delay is not over


class Agenda(NamedTuple):
    """What events do, the same for all patients; and, [row, lane], which have fired.

    Of the rows of `values`, an event has ``first[event]`` (its delay), the next (its priority), and one for each
    assignment. `targets` says of such a row which state it sets, or, from the number of states on, which parameter.
    """

    events: int
    first: int
    targets: int
    early: int  # of each event, whether it fires from the start, lapses, keeps the values of its firing, draws ties
    lapses: int
    keeps: int
    draws: int
    lapsing: bool  # whether any event lapses, and whether any draws ties
    drawing: bool
    width: int  # how many values are kept of a firing
    on: int  # whether the condition of each event is true
    was: int  # and whether it was, when last looked at
    values: int
    # How many have fired and are not carried out; of a lane they are in the first rows, in the order they fired.
    pending: int
    when: int
    which: int
    kept: int
    picked: int  # the row of the one to carry out now; −1: none
    carried: int  # how many were carried out at this time
    ties: int  # how many ties were drawn since the start
    chance: int  # the event that happens by chance; −1: none
    wait: int  # the parameters that are drawn when it has been carried out, and the one that counts
    uniform: int
    counter: int


def agenda_of(kernel: LaneKernel, keeper: Keeper) -> Agenda:
    """Return the agenda of four lanes on which nothing has fired."""
    first, targets = [0], list[int]()
    for assigned in kernel.assigned:
        targets += [-1, -1, *(kernel.n * is_parameter + index for is_parameter, index in assigned)]
        first.append(len(targets))
    count, chance, manners = len(kernel.assigned), kernel.chance, kernel.manners
    pairs = zip(kernel.assigned, manners, strict=True)
    width = max((len(assigned) for assigned, manner in pairs if manner.values_when_fired), default=0)
    return Agenda(
        events=count,
        first=keeper.whole(np.array(first)),
        targets=keeper.whole(np.array(targets, dtype=np.int64)),
        early=keeper.whole(np.array([manner.fires_from_start for manner in manners])),
        lapses=keeper.whole(np.array([manner.lapses for manner in manners])),
        keeps=keeper.whole(np.array([manner.values_when_fired for manner in manners])),
        draws=keeper.whole(np.array([manner.draws_ties for manner in manners])),
        lapsing=any(manner.lapses for manner in manners),
        drawing=any(manner.draws_ties for manner in manners),
        width=width,
        on=keeper.rows(count),
        was=keeper.rows(count),
        values=keeper.rows(len(targets)),
        pending=keeper.whole(np.zeros(W)),
        when=keeper.rows(PENDING),
        which=keeper.whole(np.zeros(PENDING * W)),
        kept=keeper.rows(PENDING * width),
        picked=keeper.whole(np.full(W, -1)),
        carried=keeper.whole(np.zeros(W)),
        ties=keeper.whole(np.zeros(W)),
        chance=-1 if chance is None else chance.event,
        wait=-1 if chance is None else chance.wait,
        uniform=-1 if chance is None else chance.uniform,
        counter=-1 if chance is None else chance.number,
    )
