"""The one-step methods of the lanes, as tables: two for stiff models, one for the others.

A step from y to y1 has stages k_i. Explicit:

    k_i = h · f(t + c_i·h, y + Σ_j a_ij·k_j)

Rosenbrock, in the form that needs no product with the Jacobian J (Hairer & Wanner II, IV.7.25):

    (1/(h·γ) − J)·k_i = f(t + c_i·h, y + Σ_j a_ij·k_j) + Σ_j (C_ij/h)·k_j + h·d_i·∂f/∂t

Then y1 = y + Σ_i b_i·k_i, the error estimate is Σ_i e_i·k_i, and within the step, 0 ≤ θ ≤ 1,

    y(t + θ·h) = y + Σ_m θ^m · Σ_i dense[m − 1, i]·k_i.

Order, order conditions and the continuous extension are tested, so a mistyped digit does not go unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    _Rows = Sequence[Sequence[float]]

__all__ = ["METHODS", "RODAS4", "RODAS5P", "TSIT5", "Method", "MethodName", "method_of"]


class MethodName(StrEnum):
    """The methods by name."""

    RODAS5P = "Rodas5P"
    RODAS4 = "Rodas4"
    TSIT5 = "Tsit5"


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """A one-step method; see the top of this file. `gamma` is 0 for an explicit one, whose `c_matrix` and `d` are 0.

    `order` is that of y1, `error_order` that of the method whose difference to it is the error estimate.
    """

    name: MethodName
    order: int
    error_order: int
    gamma: float
    a: Array  # [stage, stage]
    c_matrix: Array  # [stage, stage]
    c: Array  # [stage]
    d: Array  # [stage]
    b: Array  # [stage]
    e: Array  # [stage]
    dense: Array  # [power − 1, stage]
    source: str

    @property
    def stages(self) -> int:
        """The number of stages."""
        return len(self.c)

    @property
    def chained(self) -> int:
        """The stage from which on the state of a stage is that of the one before plus its k."""
        stage = self.stages
        while stage > 1 and np.array_equal(self.a[stage - 1, : stage - 1], [*self.a[stage - 2, : stage - 2], 1.0]):
            stage -= 1
        return stage

    @property
    def is_implicit(self) -> bool:
        """Whether the method uses the Jacobian."""
        return self.gamma > 0


def method_of(name: str) -> Method:
    """Return the method of a name.

    Raises
    ------
    ValueError
        The name is not one of `MethodName`.
    """
    return next(method for method in METHODS if method.name == MethodName(name))


def _array(rows: Sequence[float] | _Rows) -> Array:
    values = np.array(rows, dtype=np.float64)
    values.flags.writeable = False
    return values


def _lower(rows: _Rows, size: int) -> Array:
    """A strictly lower triangular matrix from its rows, the first (empty) row included."""
    return _array([[*row, *[0.0] * (size - len(row))] for row in rows])


def _stiffly_accurate(
    name: MethodName,
    order: int,
    gamma: float,
    a_rows: _Rows,
    c_rows: _Rows,
    nodes: Sequence[float],
    slopes: Sequence[float],
    h_rows: _Rows,
    source: str,
) -> Method:
    """A Rodas method: y1 is the last stage value plus the last k, and that k is the error estimate.

    The rows of H give the continuous extension
    y(θ) = (1 − θ)·y + θ·(y1 + (1 − θ)·(D_1 + θ·D_2 + θ²·D_3)) with D_m = Σ_i H_mi·k_i.
    """
    size = len(a_rows)
    b = [*a_rows[-1], 1.0]
    h = [list(row) for row in h_rows] + [[0.0] * size] * (3 - len(h_rows))
    dense = [
        [b[i] + h[0][i] for i in range(size)],
        [h[1][i] - h[0][i] for i in range(size)],
        [h[2][i] - h[1][i] for i in range(size)],
        [-h[2][i] for i in range(size)],
    ]
    last = [0.0] * (size - 1) + [1.0]
    return Method(
        name, order, order - 1, gamma, _lower(a_rows, size), _lower(c_rows, size),
        _array(nodes), _array(slopes), _array(b), _array(last), _array(dense), source,
    )  # fmt: skip


_A6 = (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946)

RODAS5P = _stiffly_accurate(
    MethodName.RODAS5P,
    5,
    0.21193756319429014,
    (
        (),
        (3.0,),
        (2.849394379747939, 0.45842242204463923),
        (-6.954028509809101, 2.489845061869568, -10.358996098473584),
        (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
        _A6,
        (*_A6, 1.0),
        (*_A6, 1.0, 1.0),
    ),
    (
        (),
        (-14.155112264123755,),
        (-17.97296035885952, -2.859693295451294),
        (147.12150275711716, -1.41221402718213, 71.68940251302358),
        (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
        (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
        (30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
         -28.087943162872662),
        (37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
         -54.66780262877968, -9.48861652309627),
    ),
    (0.0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1.0, 1.0, 1.0),
    (0.21193756319429014, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069,
     0.0, 0.0, 0.0),
    (
        (25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204, 0.524948541321073,
         1.1241088310450404, 0.4272876194431874, -0.17202221070155493),
        (-9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796, 20.176138334709044,
         15.98066361424651, -6.789040303419874, -6.710236069923372),
        (11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643, -52.072871366152654,
         -59.78993625266729, -0.15582684282751913, 4.883087185713722),
    ),
    "Steinebach 2023, BIT Numer. Math. 63:27, doi:10.1007/s10543-023-00967-x; digits as in OrdinaryDiffEq.jl, "
    "lib/OrdinaryDiffEqRosenbrock/src/rosenbrock_tableaus.jl, RODAS5PA, C, c, d, H",
)  # fmt: skip

_A5 = (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950)

RODAS4 = _stiffly_accurate(
    MethodName.RODAS4,
    4,
    0.25,
    (
        (),
        (1.544,),
        (0.9466785280815826, 0.2557011698983284),
        (3.314825187068521, 2.896124015972201, 0.9986419139977817),
        _A5,
        (*_A5, 1.0),
    ),
    (
        (),
        (-5.6688,),
        (-2.430093356833875, -0.2063599157091915),
        (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
        (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
        (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
    ),
    (0.0, 0.386, 0.21, 0.63, 1.0, 1.0),
    (0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0),
    (
        (10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662, 0.0),
        (-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872, 0.0),
    ),
    "Hairer & Wanner, Solving Ordinary Differential Equations II, 2nd edition, IV.7, RODAS; digits as in "
    "OrdinaryDiffEq.jl, lib/OrdinaryDiffEqRosenbrockTableaus/src/rosenbrock_tableaus.jl, RODAS4A, C, c, d, H",
)  # fmt: skip


def _product(*factors: Sequence[float]) -> list[float]:
    """Coefficients of θ¹ … θ⁴ of a product of polynomials, each given from its constant upwards."""
    result = [1.0]
    for factor in factors:
        longer = [0.0] * (len(result) + len(factor) - 1)
        for i, x in enumerate(result):
            for j, y in enumerate(factor):
                longer[i + j] += x * y
        result = longer
    return result[1:]


_B = (
    0.09646076681806522951816731316512876, 0.01, 0.4798896504144995747752495322905965199,
    1.379008574103741893192274821856872770, -3.290069515436080679901047585711363850,
    2.324710524099773982415355918398765796, 0.0,
)  # fmt: skip

_B_EMBEDDED = (
    0.09468075576583945807478876255758922856, 0.009183565540343253096776363936645313, 0.48777052842476157078556426,
    1.234297566930478985655109673884237654, -2.707712349983525454881109975059321670,
    1.866628418170587035753719399566211498, 1 / 66,
)  # fmt: skip

TSIT5 = Method(
    MethodName.TSIT5,
    5,
    4,
    0.0,
    _lower(
        (
            (),
            (0.161,),
            (-0.008480655492356988544426874250230774675, 0.3354806554923569885444268742502307747),
            (2.897153057105493432130432594192938765, -6.359448489975074843148159912383825626,
             4.362295432869581411017727318190886861),
            (5.325864828439256604428877920840511318, -11.74888356406282787774717033978577296,
             7.495539342889836208304604784564358156, -0.09249506636175524925650207933207191611),
            (5.861455442946420028659251486982647890, -12.92096931784710929170611868178335940,
             8.159367898576158643180400794539253485, -0.07158497328140099722453054252582973869,
             -0.02826905039406838290903005721271224147),
            _B[:6],
        ),
        7,
    ),
    _lower(((),) * 7, 7),
    _array((0.0, 0.161, 0.327, 0.9, 0.9800255409045096857298102862870245955, 1.0, 1.0)),
    _array((0.0,) * 7),
    _array(_B),
    _array([b - lower for b, lower in zip(_B, _B_EMBEDDED, strict=True)]),
    _array(
        list(zip(*(
            _product((0.0, -1.0530884977290216), (-1.3299890189751412, 1.0),
                     (0.7139816917074209, -1.4364028541716351, 1.0)),
            _product((0.0, 0.0, 0.1017), (1.2949852507374631, -2.1966568338249754, 1.0)),
            _product((0.0, 0.0, 2.490627285651252793), (1.57803468208092486, -2.38535645472061657, 1.0)),
            _product((0.0, 0.0, -16.54810288924490272), (-1.21712927295533244, 1.0), (-0.61620406037800089, 1.0)),
            _product((0.0, 0.0, 47.37952196281928122), (-1.203071208372362603, 1.0), (-0.658047292653547382, 1.0)),
            _product((0.0, 0.0, -34.87065786149660974), (-1.2, 1.0), (-2 / 3, 1.0)),
            _product((0.0, 0.0, 2.5), (-1.0, 1.0), (-0.6, 1.0)),
        ), strict=True))
    ),
    "Tsitouras 2011, Comput. Math. Appl. 62(2):770-775, doi:10.1016/j.camwa.2011.06.002; digits as in diffrax, "
    "diffrax/_solver/tsit5.py, _tsit5_tableau and _Tsit5Interpolation",
)  # fmt: skip

METHODS = (RODAS5P, RODAS4, TSIT5)
