"""Numbers that follow from others by a published rule, where nobody measured them: diffusion from the molar mass."""

from __future__ import annotations

# cm²/s · mPa·s / K · (g/mol)^⅓: Young, Carroad and Bell, Biotechnology and Bioengineering 22 (1980) 947,
# as read in YOUNG.
COEFFICIENT = 8.34e-8
YOUNG = (
    "github:singa-bio/singa@839b8a4:singa-chemistry/src/main/java/bio/singa/chemistry/features/diffusivity/"
    "YoungDiffusivityCorrelation.java"
)
BODY = 310.15  # K
# mPa·s of water at 37 °C: between 0.798 at 30 °C and 0.653 at 40 °C, the table in
# github:qiuresearch/matlib:biophysics/sedimentation_coef.m, along the logarithm.
WATER = 0.69


def diffusion_in_water(molar_mass: float) -> float:
    """Estimate how fast a protein diffuses in water at 37 °C.

    Parameters
    ----------
    molar_mass : float
        g/mol, of all chains together, without sugars.

    Returns
    -------
    float
        µm²/s. The rule is for compact proteins; long or sugared ones are slower, and tissue slows all.

    Notes
    -----
    D = 8.34e-8 T/(η M^⅓) in cm²/s, with kelvins, mPa·s and g/mol, from Young, Carroad and Bell 1980.
    """
    return COEFFICIENT * BODY / (WATER * molar_mass ** (1 / 3)) * 1e8
