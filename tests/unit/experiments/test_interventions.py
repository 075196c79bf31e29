"""Structural interventions."""

import pytest

from cytokinome.diagnostics import Collector
from cytokinome.experiments import interventions
from cytokinome.experiments.protocol import Arm, Block, Dose, Route
from cytokinome.model.components import Molecule, Pharmacokinetics, Reaction
from tests.unit.experiments.models import model, molecule, parse, replace


@pytest.fixture
def found():
    """Where findings go."""
    return Collector()


def codes(found):
    """What was found."""
    return [d.code for d in found.report().diagnostics]


def test_molecule_is_no_longer_made_and_starts_at_zero(found):
    """No secretion, baseline or initial value; the molecule and what reads it stay."""
    changed = interventions.knock_out(model(), "TNF", found)
    tnf = molecule(changed, "TNF")
    assert (tnf.initial, tnf.baseline, tnf.losses != ()) == ((), (), True)
    assert changed.rules == ()
    assert changed.knocked_out == ("TNF",)
    assert codes(found) == []


def test_receptor_is_marked_for_the_compiler(found):
    """A receptor stays in the model, marked."""
    changed = interventions.knock_out(model(), "TNFR1", found)
    assert changed == replace(model(), knocked_out=("TNFR1",))


def test_rule_is_removed(found):
    """Only that rule goes."""
    changed = interventions.knock_out(model(), "secretion", found)
    assert (changed.rules, changed.molecules) == ((), model().molecules)


def test_knocking_out_twice_changes_nothing(found):
    """The second time is the first."""
    once = interventions.knock_out(model(), "TNF", found)
    assert interventions.knock_out(once, "TNF", found) == once
    assert codes(found) == []


def test_unknown_name_is_refused_with_the_nearest(found):
    """The hint names TNF."""
    assert interventions.knock_out(model(), "TFN", found) == model()
    (diagnostic,) = found.report().diagnostics
    assert diagnostic.code == "UNKNOWN_NAME"
    assert "TNF" in diagnostic.hint


def test_reaction_product_disappears_and_complex_is_refused(found):
    """A product of an irreversible reaction is dropped; a complex, or a reversible product, is an error."""
    cleave = Reaction("cleavage", (("drug", 1),), (("TNF", 1),), False, (("k", parse("1 /h")),))
    bind = Reaction("binding", (("TNF", 1),), (("bound", 1),), True, (("kon", parse("1 /h")), ("koff", parse("1 /h"))))
    bound = Molecule("bound", ("blood",), composition=("TNF",))
    base = replace(model(), reactions=(cleave, bind), molecules=(*model().molecules, bound))
    assert interventions.knock_out(base, "TNF", found).reactions == (replace(cleave, products=()), bind)
    assert codes(found) == []
    assert interventions.knock_out(base, "bound", found) == base
    assert codes(found) == ["BAD_INTERVENTION"]


def test_blockable_names_are_checked_and_kept_once(found):
    """Molecule, receptor and rule get a slot each; an unknown name is an error."""
    changed = interventions.with_blockable(model(), ["TNF", "TNFR1", "secretion", "TNF"], found)
    assert changed.blockable == ("TNF", "TNFR1", "secretion")
    interventions.with_blockable(model(), ["secretions"], found)
    assert codes(found) == ["UNKNOWN_NAME"]


def test_parameters_are_replaced_in_their_dimension(found):
    """A new value in another unit is fine; another dimension and an unknown name are not."""
    changed = interventions.with_parameters(model(), {"k": parse("1 /min")}, found)
    assert str({p.id: p.value for p in changed.parameters}["k"]) == "1 /min"
    assert codes(found) == []
    interventions.with_parameters(model(), {"k": parse("1 pM"), "kx": parse("1 /h")}, found)
    assert sorted(codes(found)) == ["DIMENSION_MISMATCH", "UNKNOWN_NAME"]


def test_depot_is_added_or_its_constants_replaced(found):
    """Constants of the dose win, others of the molecule stay."""
    changed = interventions.with_subcutaneous(model(), "drug", parse("0.3 /h"), parse("60 %"), found)
    assert [k for k, _ in (molecule(changed, "drug").pk or Pharmacokinetics(0, ())).constants] == ["ka", "F"]
    own = Pharmacokinetics(1, (("CL", parse("1 L/h")), ("ka", parse("1 /h"))))
    base = replace(model(), molecules=tuple(replace(m, pk=own) for m in model().molecules))
    pk = molecule(interventions.with_subcutaneous(base, "drug", parse("0.3 /h"), None, found), "drug").pk or own
    assert (str(pk.get("ka")), str(pk.get("CL")), pk.get("F")) == ("0.3 /h", "1 L/h", None)
    assert codes(found) == []


@pytest.mark.parametrize(
    ("name", "ka", "code"), [("drugs", "1 /h", "UNKNOWN_NAME"), ("drug", "1 h", "DIMENSION_MISMATCH")]
)
def test_bad_depots_are_refused(found, name, ka, code):
    """An unknown molecule, or a rate of absorption that is none."""
    assert interventions.with_subcutaneous(model(), name, parse(ka), None, found) == model()
    assert codes(found) == [code]


def test_arms_that_differ_in_blocks_share_a_model(found):
    """What any arm blocks is blockable in all of them, in the same order."""
    one, other = Arm("one", block=(Block("TNF"),)), Arm("other")
    names = ("TNF", "TNFR1")
    first, second = (interventions.intervene(model(), arm, found, blockable=names) for arm in (one, other))
    assert first == second
    assert first.blockable == ("TNF", "TNFR1")


def test_two_depots_of_one_molecule_in_one_arm_are_refused(found):
    """One molecule has one depot."""
    doses = tuple(
        Dose("drug", None, 0.0, parse("1 mg"), route=Route.SUBCUTANEOUS, ka=parse(ka)) for ka in ("1 /h", "2 /h")
    )
    interventions.intervene(model(), Arm("both", doses=doses), found)
    assert codes(found) == ["BAD_INTERVENTION"]
