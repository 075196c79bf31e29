"""Receptors: their constants, and the concentration that they feel.

``X_R = X/(1 + Σ A_j/K_j)`` over the free antagonists and the other ligands in the compartment (Gaddum competition).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.compiler.network import ZERO, over, plus, times
from cytokinome.model.dimensions import constant
from cytokinome.units import CONCENTRATION, RATE, Dimension

if TYPE_CHECKING:
    from cytokinome.compiler.workshop import Workshop
    from cytokinome.model.components import Ligand, Rule
    from cytokinome.model.expressions import Expression

SECOND_ORDER = Dimension.of(substance=-1, volume=1, time=-1)


def dissociation(shop: Workshop, receptor: str, molecule: str) -> Expression:
    """Return the one dissociation constant of a molecule at a receptor [pM]: Kd, or koff/kon."""
    record = shop.model.receptor(receptor)
    binder = record.binder(molecule) if record else None
    if binder is None:
        raise ValueError(f"{molecule} is no binder of {receptor}")
    if binder.Kd is not None:
        return shop.value(binder.Kd, CONCENTRATION, agent=molecule)
    return over(*_rates(shop, binder)[::-1])


def _rates(shop: Workshop, binder: Ligand) -> tuple[Expression, Expression]:
    """Return kon [1/(pM h)] and koff [1/h] of a binder; one may follow from Kd."""
    kon = shop.value(binder.kon, SECOND_ORDER) if binder.kon else None
    koff = shop.value(binder.koff, RATE) if binder.koff else None
    Kd = shop.value(binder.Kd, CONCENTRATION, agent=binder.molecule) if binder.Kd else None
    if kon is None and koff is not None and Kd is not None:
        kon = over(koff, Kd)
    if koff is None and kon is not None and Kd is not None:
        koff = times(kon, Kd)
    if kon is None or koff is None:
        raise ValueError(f"{binder.molecule} has no rate constants")
    return kon, koff


def rate_constants(shop: Workshop, rule: Rule) -> tuple[Expression, Expression] | None:
    """Return kon and koff of the rule's molecule at its receptor, from the rule or the record; None without them."""
    given = dict(rule.constants)
    record = shop.model.receptor(rule.receptor or "")
    binder = record.binder(rule.object) if record else None
    kon, koff = given.get("kon"), given.get("koff")
    if kon and koff:
        return shop.value(kon, SECOND_ORDER), shop.value(koff, RATE)
    if binder is None or (binder.kon is None and binder.koff is None and kon is None and koff is None):
        return None
    return _rates(shop, replace(binder, kon=kon or binder.kon, koff=koff or binder.koff))


def internalisation(shop: Workshop, rule: Rule) -> Expression:
    """Return the internalisation rate constant [1/h], from the rule or the receptor's record."""
    record = shop.model.receptor(rule.receptor or "")
    value = dict(rule.constants).get("internalisation") or (record.internalisation if record else None)
    if value is None:
        raise ValueError(f"{rule.id} has no internalisation")
    return shop.value(value, RATE)


def felt(shop: Workshop, molecule: str, receptor: str, compartment: str, partners: tuple[str, ...]) -> Expression:
    """Return the concentration that a receptor feels; `partners` do not compete with the molecule."""
    record = shop.model.receptor(receptor)
    if record is None or receptor in shop.model.knocked_out:
        return ZERO
    competition: list[Expression] = []
    for binder in (*record.antagonists, *record.ligands):
        if binder.molecule in (molecule, *partners) or not shop.has(binder.molecule, compartment):
            continue
        rival = times(shop.free(binder.molecule, compartment), shop.unblocked(binder.molecule))
        competition.append(over(rival, dissociation(shop, receptor, binder.molecule)))
    free = times(shop.free(molecule, compartment), shop.unblocked(molecule), shop.unblocked(receptor))
    return over(free, plus(constant(1.0), *competition)) if competition else free
