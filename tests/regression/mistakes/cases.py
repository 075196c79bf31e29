"""Mistakes that people make in model files, and what each must be told.

A case is a correct model with one edit; `¦` stands where the caret must, in the new text or in `at`.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """One edit and its one diagnostic: code, and pieces of the message and of the hint."""

    old: str
    new: str
    code: str
    says: str
    hint: str
    at: str = ""  # where the caret stands, when it does not stand in `new`
    base: str = "culture"


def body(old: str, new: str, code: str, says: str, hint: str, at: str = "") -> Case:
    """Return a case on the model of a body."""
    return Case(old, new, code, says, hint, at, "body")


NAMES = [
    Case("secretes TNF at", "secretes ¦TNFF at", "UNKNOWN_NAME", "'TNFF' is no declared molecule", "mean TNF?"),
    Case(
        "- resting macrophage", "- resting ¦macrophag", "UNKNOWN_NAME", "no declared cell", "did you mean macrophage?"
    ),
    Case("- resting macro", "- ¦restin macro", "UNKNOWN_NAME", "no state 'restin'", "did you mean resting?"),
    Case("becomes active at", "becomes ¦activ at", "UNKNOWN_NAME", "no state 'activ'", "did you mean active?"),
    Case("IL10 at IL10R", "IL10 at ¦IL10RR", "UNKNOWN_NAME", "no declared receptor", "did you mean IL10R?"),
    Case("through TNFR1 at", "through ¦TNFR at", "UNKNOWN_NAME", "no declared receptor", "did you mean TNFR1?"),
    Case("TNF at q_TNF", "TNF at ¦q_TNFF", "UNKNOWN_NAME", "'q_TNFF' is not declared", "did you mean q_TNF"),
    Case("TNF:        {in: well", "TNF:        {in: ¦wel", "UNKNOWN_NAME", "no compartment", "did you mean well?"),
    Case("{IL10: 100 pM}", "{¦IL01: 100 pM}", "UNKNOWN_NAME", "'IL01', which binds IL10R", "did you mean IL10?"),
    Case("TNF + infliximab <->", "TNF + ¦inflix <->", "UNKNOWN_NAME", "'inflix' is no molecule", "mean infliximab or"),
    Case("value: TNF + TNF_infl", "value: ¦TN + TNF_infl", "UNKNOWN_NAME", "'TN' is not declared", "did you mean TNF"),
    Case("as: TNF}", "as: ¦TNG}", "UNKNOWN_NAME", "names no molecule", "did you mean TNF"),
    Case("driven by LPS", "driven by ¦LSP", "UNKNOWN_NAME", "'LSP' is not declared", "did you mean LPS?"),
    Case("TNF at TNFR1", "¦LPS at TNFR1", "MISSING_CONSTANT", "'LPS' is no ligand of TNFR1", "state its Kd"),
    body("produces STAT5", "produces ¦STAT", "UNKNOWN_NAME", "no inside variable 'STAT'", "did you mean STAT5?"),
    body("resetting drive", "resetting ¦driv", "UNKNOWN_NAME", "no inside variable 'driv'", "did you mean drive?"),
    body("density(target)", "density(¦targett)", "UNKNOWN_NAME", "no declared cell", "did you mean target?"),
    body("kills target", "kills ¦tarjet", "UNKNOWN_NAME", "'tarjet' is no declared cell", "did you mean target?"),
    body("leaves to joint", "leaves to ¦joynt", "UNKNOWN_NAME", "'joynt' is no compartment", "did you mean joint?"),
    body("TNF@joint / TNF", "¦TNF@joind / TNF", "UNKNOWN_NAME", "no 'TNF' in joind", "TNF lives in blood, joint"),
    body("value: TNF@joint", "value: ¦TNF", "AMBIGUOUS_NAME", "several compartments", "TNF@blood, TNF@joint"),
    body("of: [TNF]", "of: [¦TMF]", "UNKNOWN_NAME", "'TMF' is no molecule", "did you mean TNF?"),
    body("to: blood,", "to: ¦bloot,", "UNKNOWN_NAME", "'bloot' is no compartment", "did you mean blood?"),
    body("of: [TNF], from: joint", "of: [GCSF], from: ¦joint", "UNKNOWN_NAME", "no 'GCSF' in joint", "[blood, joint]"),
    body("2 * k_base", "2 * ¦k_bas", "UNKNOWN_NAME", "'k_bas' is no parameter", "did you mean k_base?"),
    Case("  total_TNF:", "  ¦at:", "BAD_NAME", "a word of the language", "choose another name"),
    Case("  total_TNF:", "  ¦secretes:", "BAD_NAME", "a word of the language", "choose another name"),
    Case("  total_TNF:", "  ¦total-TNF:", "BAD_NAME", "'total-TNF' cannot name", "begins with a letter"),
    Case("model: tnf-il10-culture", "model: ¦tnf_il10", "BAD_NAME", "cannot name a model", "words joined by -"),
    Case(
        "parameters:\n",
        "parameters:\n  ¦TNF: {value: 1, source: assumed}\n",
        "DUPLICATE_NAME",
        "TNF is a molecule and a parameter",
        "rename one",
    ),
]

UNITS = [
    Case("initial: 10 ng/mL", "initial: 10 ng/¦mLL", "UNKNOWN_NAME", "'mLL' is not declared", "the unit mL"),
    Case("volume: 1 mL", "volume: ¦1", "MISSING_UNIT", "the volume of well needs a volume", "write `1 mL`"),
    Case("at 0.5 /h", "at ¦0.5", "MISSING_UNIT", "`0.5` has no unit", "write `0.5 /h`"),
    Case("(half 48 pM)", "(half ¦48)", "MISSING_UNIT", "the half of IL10", "write `48 pM`"),
    Case("initial: 10 ng/mL", "initial: ¦10 h", "DIMENSION_MISMATCH", "`10 h` is a time", "change the unit"),
    Case("(half 48 pM)", "(half ¦48 /h)", "DIMENSION_MISMATCH", "`48 /h` is a rate", "change the unit"),
    Case("volume: 1 mL", "volume: ¦1 pM", "DIMENSION_MISMATCH", "the volume of well needs", "change the unit"),
    Case("kon: 1e6 /M/s", "kon: ¦1e6 /s", "DIMENSION_MISMATCH", "a rate per concentration", "change the unit"),
    Case("koff: 4.2e-6 /s", "koff: ¦4.2e-6 /M/s", "DIMENSION_MISMATCH", "`koff`", "change the unit"),
    Case("IL10: 100 pM", "IL10: ¦100 /h", "DIMENSION_MISMATCH", "the Kd of IL10 at IL10R", "change the unit"),
    Case(
        "unit: pg/mL", "unit: h", "DIMENSION_MISMATCH", "total_TNF [h] needs a time", "compare the units", "¦TNF + TNF_"
    ),
    Case("value: TNF + TNF_inf", "value: ¦TNF + 1 h + TNF_inf", "DIMENSION_MISMATCH", "both sides of `+`", "one kind"),
    Case("value: 1 molecules/cell/s", "value: 1 pM", "DIMENSION_MISMATCH", "`secretes`", "parts", "at ¦q_TNF,"),
    Case("half-life: 6 h", "half-life: ¦6 mL", "DIMENSION_MISMATCH", "the half-life of TNF", "change the unit"),
    Case("{resting: 1e6 /mL", "{resting: ¦1e6 /h", "DIMENSION_MISMATCH", "a density of cells", "1e6 /mL"),
    Case("internalisation 0.1 /min", "internalisation ¦0.1 pM", "DIMENSION_MISMATCH", "`internalisation`", "unit"),
    Case(
        "{lognormal: {cv: 0.4}}", "{lognormal: {cv: ¦0.4 h}}", "DIMENSION_MISMATCH", "`cv` of q_TNF", "remove the unit"
    ),
    body("(half 1e3 cells/mL)", "(half ¦1e3 pM)", "DIMENSION_MISMATCH", "a density of cells", "change the unit"),
    Case("volume: 1 mL", "volume: 1 ¦mLL", "BAD_UNIT", "unknown unit 'mLL'", "write a unit such as"),
    Case("0.5 /h", "0.5 /h¦^10", "BAD_UNIT", "the exponent 10", "from -9 to 9"),
    Case("unit: pg/mL", "unit: pg/¦millilitre", "BAD_UNIT", "unknown unit millilitre", "known here"),
    Case("unit: pg/mL", "unit: pg/mL¦^^2", "BAD_UNIT", "operator is missing", "join words"),
    Case(
        "initial: 10 ng/mL, molar-mass: 10 kDa",
        "initial: ¦10 ng/mL",
        "MISSING_MOLAR_MASS",
        "no molar mass",
        "molar-mass: 17 kDa",
    ),
    body(
        "specific-activity: 1.8e7 IU/mg, ",
        "",
        "MISSING_ACTIVITY",
        "no specific activity",
        "specific-activity:",
        "¦100 IU/mL",
    ),
    Case("molar-mass: 10 kDa", "molar-mass: ¦0 kDa", "BAD_VALUE", "lies between 1 Da", "check the number"),
]

NUMBERS = [
    Case("volume: 1 mL", "volume: ¦-1 mL", "NEGATIVE_VALUE", "the volume of well is negative", "remove the minus"),
    Case("initial: 10 ng/mL", "initial: ¦-10 ng/mL", "NEGATIVE_VALUE", "is negative: -10 ng/mL", "remove the minus"),
    Case(
        "half-life: 6 h", "half-life: ¦-6 h", "NEGATIVE_VALUE", "the half-life of TNF is negative", "remove the minus"
    ),
    Case("at 0.5 /h", "at ¦-0.5 /h", "NEGATIVE_VALUE", "the rate of `becomes` is negative", "remove the minus"),
    Case("value: 1 molecules", "value: -1 molecules", "NEGATIVE_VALUE", "q_TNF = -1", "remove the minus", "at ¦q_TNF,"),
    Case(
        "1e6 /mL, active", "¦-1e6 /mL, active", "NEGATIVE_VALUE", "the number of resting macrophage", "remove the minus"
    ),
    Case("volume: 1 mL", "volume: ¦0 mL", "BAD_VALUE", "the volume of well must be above zero", "a number above zero"),
    Case("(half 48 pM)", "(half ¦0 pM)", "BAD_VALUE", "the half of IL10 must be above zero", "a number above zero"),
    Case("half-life: 6 h", "half-life: ¦0 h", "BAD_VALUE", "must be above zero", "a number above zero"),
    Case("TNF: 19 pM", "TNF: ¦0 pM", "BAD_VALUE", "the Kd of TNF at TNFR1 must be above zero", "above zero"),
    Case("after 24 h", "after ¦0 h", "BAD_VALUE", "must be above zero", "state how long"),
    Case("hill 2)", "hill ¦0)", "BAD_VALUE", "a Hill coefficient lies between 0 and 20", "plain saturation"),
    Case("(half 48 pM)", "(half 48 pM) down to ¦150 %", "BAD_VALUE", "between 0 and 100 %", "what is left"),
    Case(
        "(half 48 pM)",
        "(half 48 pM), increased by LPS (half 1 pM) up to ¦0.5-fold",
        "BAD_VALUE",
        "increases nothing",
        "decreased by",
    ),
    Case(
        "(half 48 pM)",
        "(half 48 pM), increased by LPS (half 1 pM) up to ¦40",
        "MISSING_UNIT",
        "neither a fold",
        "`up to 40-fold`",
    ),
    Case("uncertain: {fold: 10}", "uncertain: ¦{fold: 0.5}", "BAD_VALUE", "must be above 1", "write for example"),
    Case("volume: 1 mL", "volume: ¦1e999 mL", "BAD_NUMBER", "absurdly large", "up to 1e300"),
    Case("volume: 1 mL", "volume: ¦1e200 mL", "BAD_NUMBER", "absurdly large", "check the exponent"),
    Case("volume: 1 mL", "volume: ¦nan", "UNKNOWN_NAME", "'nan' is no parameter", "known here: q_TNF"),
    Case("cv: 0.4", "cv: ¦inf", "UNKNOWN_NAME", "'inf' is not declared", "did you mean TNF?"),
    Case("volume: 1 mL", "volume: 9*¦*9*9 mL", "BAD_EXPRESSION", "expected a number", "a power is written with ^"),
    Case(
        "volume: 1 mL",
        "volume: " + "(" * 250 + "¦" + "(" * 50 + "1 mL" + ")" * 300,
        "BAD_EXPRESSION",
        "nested too deeply",
        "parameters",
    ),
    Case("at 0.5 /h,", "at ¦1 /h / 0,", "BAD_SENTENCE", "number with a unit", "parameters"),
    Case("value: TNF + TNF_infliximab", "value: ¦TNF / 0", "BAD_EXPRESSION", "divides by zero", "another divisor"),
    Case("(4 stages)", "(¦100000 stages)", "BAD_SENTENCE", "from 1 to 100", "(4 stages)"),
    body(
        "dies at 0.02 /h",
        "dies after 9 h (100 stages)\n  - effector T_cell leaves after 9 h (100 stages)",
        "TOO_LARGE",
        "more than 2000 populations",
        "fewer stages",
        "¦effector T_cell dies",
    ),
    Case("value: 1 molecules/cell/s", "value: 2 * ¦q_TNF", "CYCLIC_DEFINITION", "q_TNF → q_TNF", "as a number"),
    body(
        "value: 1e-7 mL/cell/h",
        "value: k_kill / 2",
        "CYCLIC_DEFINITION",
        "k_kill → k_base → k_kill",
        "as a number",
        "2 * ¦k_base",
    ),
    body("TNF@joint / TNF@blood", "¦doubled", "CYCLIC_DEFINITION", "ratio → doubled → ratio", "is computed from"),
]

SENTENCES = [
    Case(
        "active macrophage secretes IL10",
        "active macrophage ¦secrets IL10",
        "BAD_SENTENCE",
        "expected a verb, found 'secrets'",
        "did you mean secretes?",
    ),
    Case("TNF at q_TNF, dec", "TNF¦, dec", "BAD_SENTENCE", "'secretes' needs `at` and a rate", "for example"),
    Case(
        "decreased by IL10",
        "¦decreasd by IL10",
        "BAD_MODIFIER",
        "expected a modifier",
        "did you mean decreased or increased?",
    ),
    Case(
        "driven by LPS (half 1 ng/mL, hill 2)",
        "driven by LPS¦",
        "BAD_MODIFIER",
        "needs its half-maximal level",
        "(half 48 pM)",
    ),
    Case(
        "(half 48 pM)",
        "(half 48 pM), increased by LPS (half 1 pM)¦",
        "BAD_MODIFIER",
        "how far is the rate increased",
        "up to 40-fold",
    ),
    Case(
        "(half 48 pM)",
        "(half 48 pM), driven by LPS (half 1 pM), ¦driven by TNF (half 1 pM)",
        "BAD_MODIFIER",
        "stands twice",
        "join alternatives",
    ),
    Case("(half 48 pM)", "(half 48 pM), only when ¦LPS", "BAD_MODIFIER", "needs a condition", "compare it"),
    Case(
        "with internalisation 0.1 /min",
        "with ¦internalization 0.1 /min",
        "BAD_SENTENCE",
        "expected a constant",
        "internalisation?",
    ),
    Case(
        "macrophage takes up TNF through TNFR1 at 500 receptors/cell with internalisation 0.1 /min",
        "macrophage ¦takes up TNF through TNFR1 at 500 receptors/cell",
        "MISSING_CONSTANT",
        "needs an internalisation rate",
        "with internalisation",
    ),
    Case(
        "takes up TNF through TNFR1 at 500",
        "¦binds TNF through TNFR1 at 500",
        "MISSING_CONSTANT",
        "needs kon and koff of TNF",
        "with kon",
    ),
    body(
        "1000 receptors/cell",
        "1000 receptors/cell, ¦driven by IL2 (half 1 pM)",
        "BAD_MODIFIER",
        "`binds` takes no modifiers",
        "modify production",
    ),
    Case(
        "- active macrophage secretes IL10",
        "- macrophage secretes IL10 at 1 molecules/cell/s\n  - active macrophage secretes IL10",
        "DUPLICATE_RULE",
        "states again",
        "also …",
        "- ¦active macrophage secretes IL10 at",
    ),
    Case(
        "secretes IL10 at 0.5 molecules",
        "secretes TNF at 0.5 molecules",
        "DUPLICATE_RULE",
        "two rules have the id",
        "long form",
        "- ¦active macrophage secretes TNF at 0.5",
    ),
    Case("becomes resting after", "becomes ¦active after", "BAD_SENTENCE", "is active already", "name the state"),
    body(
        "at 0.01 /h, resetting drive",
        "at 0.01 /h, ¦saturating in target (half 1 cells/mL)",
        "BAD_MODIFIER",
        "does not fit `becomes`",
        "kills",
    ),
    body("dies at 0.02 /h", "dies at 0.02 /h, ¦resetting drive", "BAD_MODIFIER", "does not fit `dies`", "becomes"),
    Case(
        "TNF at q_TNF, dec",
        "TNF after¦ 5 h, dec",
        "BAD_SENTENCE",
        "a rate, not a dwell time",
        "write `at …`",
        "TNF ¦after",
    ),
    Case(
        "IL10 at IL10R (half 48 pM)", "IL10 at IL10R (half 48 ¦pMM)", "BAD_UNIT", "unknown unit 'pMM'", "write a unit"
    ),
    body(
        "neutrophil in blood takes up GCSF",
        "neutrophil takes up ¦GCSF",
        "UNKNOWN_NAME",
        "no 'GCSF' in joint",
        "GCSF lives in blood",
    ),
]

PROCESSES = [
    Case(
        "TNF + infliximab <-> TNF_infliximab",
        "TNF + infliximab ¦TNF_infliximab",
        "BAD_REACTION",
        "expected -> or <->",
        "TNF + antibody",
    ),
    Case(
        "equation: TNF + infliximab <-> TNF_infliximab, kon: 1e6 /M/s, koff: 4.2e-6 /s",
        "equation: ¦TNF + infliximab <-> TNF_infliximab, kon: 1e6 /M/s",
        "MISSING_CONSTANT",
        "it has kon",
        "koff",
    ),
    Case("- {equation:", "- {¦equatio:", "UNKNOWN_KEY", "is no key of a reaction", "did you mean equation?"),
    body(
        "clearance: 1 mL/h",
        "clearance: ¦1 mL",
        "DIMENSION_MISMATCH",
        "the clearance of TNF-from-joint",
        "change the unit",
    ),
    body(
        "from: joint, to: blood",
        "from: joint, to: ¦joint",
        "BAD_VALUE",
        "leads to where it begins",
        "another compartment",
    ),
    body(
        "degrades: {rate: 0.1 /h",
        "¦cleared: {rate: 0.1 /h",
        "BAD_VALUE",
        "lives in no plasma compartment",
        "use `degrades:`",
    ),
    body(
        "includes: [renal]",
        "includes: [renal, ¦receptor]",
        "DOUBLE_LOSS",
        "includes receptor uptake",
        "remove the sentence",
    ),
    body("includes: [renal]", "includes: [¦renul]", "BAD_VALUE", "is unknown", "did you mean renal?"),
    body("initial: 1 pM,", "initial: 1 pM, ¦baseline: 1 pM,", "BAD_VALUE", "`initial:` and `baseline:`", "keep one"),
    body("infection: clean", "¦infection: {clean: 5}", "BAD_VALUE", "numbers on several axes", "one axis carries"),
    body("infection: clean", "infection: [clean, infected, ¦naive]", "DUPLICATE_NAME", "stands on two axes", "rename"),
    body(
        "{in: joint, initial: 1e4 /mL}",
        "{in: joint}",
        "MISSING_KEY",
        "has no initial number",
        "initial: 1e6",
        "¦target: {in",
    ),
    body("drive: {kind: intensive, ", "drive: {", "BAD_VALUE", "is an amount", "kind: intensive", "¦unit: nM"),
    body("Q: 0.5 L/h, ", "", "MISSING_KEY", "V2 of drug needs Q", "state both", "pk: ¦{compartments"),
]

FORM = [
    Case(
        "q_TNF: {value: 1 molecules/cell/s, varies: {lognormal: {cv: 0.4}}, uncertain: {fold: 10}, source: assumed}",
        "q_TNF: ¦{value: 1 molecules/cell/s}",
        "MISSING_SOURCE",
        "parameter q_TNF has no source",
        "source: assumed",
    ),
    Case(
        "{kind: culture",
        "{¦kin: culture, kind: culture",
        "UNKNOWN_KEY",
        "`kin:` is no key of compartment well",
        "did you mean kind?",
    ),
    Case(", volume: 1 mL}", "}", "MISSING_KEY", "compartment well needs `volume:`", "add `volume:`", "well: ¦{kind"),
    Case("{kind: culture", "{kind: ¦blood", "BAD_VALUE", "is none of culture, plasma", "known here"),
    Case(
        "  well: {kind: culture, volume: 1 mL}",
        "  well: ¦[culture, 1 mL]",
        "WRONG_SHAPE",
        "is written as a mapping",
        "{key: value",
    ),
    Case("volume: 1 mL", "volume: ¦[1 mL]", "WRONG_SHAPE", "takes a single value", "without brackets"),
    Case("initial: 10 ng/mL", "initial: 10 ng/mL, ¦initial: 5 ng/mL", "YAML_DUPLICATE_KEY", "stands twice", "keep one"),
    Case("volume: 1 mL}", "¦volume: }", "YAML_NULL", "`volume` has no value", "write `key: value`"),
    Case("value: 1 molecules/cell/s", "value: ¦null", "YAML_NULL", "`no value`", "write a value"),
    Case("{kind: culture", "{kind: ¦&k culture", "YAML_FEATURE", "an anchor", "write the value out"),
    Case("volume: 1 mL", "volume: ¦*v", "YAML_FEATURE", "an alias", "write the value out"),
    Case("volume: 1 mL", "volume: ¦!!str 1 mL", "YAML_FEATURE", "a tag", "remove the tag"),
    Case("{kind: culture", "{¦<<: x, kind: culture", "YAML_FEATURE", "a merge key", "write the entries out"),
    Case(
        'title: "Macrophages in culture under LPS, with an anti-TNF antibody"',
        "title: ¦|\n  Macrophages",
        "YAML_FEATURE",
        "a block of text",
        "on one line",
    ),
    Case("  LPS:        {in", "¦\tLPS:        {in", "YAML_SYNTAX", "a tab stands", "indent with"),
    Case("  IL10:       {in", "   ¦IL10:       {in", "YAML_SYNTAX", "does not continue", "same column"),
    Case("volume: 1 mL}", "volume: 1 mL", "YAML_SYNTAX", "closing bracket is missing", "commas", "¦molecules:"),
    Case("cytokinome: 1", "cytokinome: ¦2", "LANGUAGE_VERSION", "reads version 1", "cytokinome: 1"),
    Case("model: tnf-il10-culture\n", "", "MISSING_KEY", "a model needs `model:`", "add `model:`", "¦cytokinome: 1"),
    Case("start: given", "start: ¦steady", "BAD_VALUE", "is none of given, steady state", "did you mean steady state?"),
    Case(
        "reactions:\n",
        "¦reaction:\n",
        "UNKNOWN_KEY",
        "`reaction:` is no key of a model",
        "did you mean reactions or equations?",
    ),
    Case("start: given", "include: ¦[x]\nstart: given", "UNSUPPORTED_FEATURE", "not supported yet", "remove it"),
    Case("rules:\n", "rules:\n  - ¦[a, b]\n", "WRONG_SHAPE", "a rule is written as a mapping", "{key: value"),
]

CASES = [*NAMES, *UNITS, *NUMBERS, *SENTENCES, *PROCESSES, *FORM]
