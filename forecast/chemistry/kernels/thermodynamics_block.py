"""The work array of a block of cells in the inorganic equilibrium: what stands where.

One flat array with places that are known when the code is compiled, so that each step is a loop
over lanes without pointers. ln of constants, of activity coefficients and of water keep single
precision far from its ends.
"""

import numpy as np

from forecast.chemistry.kernels.lanes import LANES

F = np.float32
ZERO, HALF, ONE, TWO = F(0.0), F(0.5), F(1.0), F(2.0)
LN_10 = F(np.log(10.0))

# slots of a block in the work array, each one vector of lanes
SULFATE, NITRATE, AMMONIUM, SODIUM, CHLORIDE = (LANES * n for n in range(5))
TOTAL, K_NITRIC, K_HYDROCHLORIC, K_AMMONIA, K_WATER = (LANES * n for n in range(5, 10))
K_BISULFATE, K_LEAST, WARMTH, COOLING = (LANES * n for n in range(10, 14))
SALTS = 10
SINGLE = LANES * 14
W_SA, W_AB, W_LC, W_AS, W_SB, W_SS, W_AN, W_SN, W_AC, W_SC = (
    SINGLE + LANES * n for n in range(SALTS)
)
LN_W, LN_H, LOW, HIGH, NEW_W = (LANES * n for n in range(24, 29))
G_H, G_NH4, G_NA, G_SO4, G_HSO4, G_NO3, G_CL = (LANES * n for n in range(29, 36))
M_H, M_NH4, M_NA, M_SO4, M_HSO4, M_NO3, M_CL = (LANES * n for n in range(36, 43))
R_NITRIC, R_HYDROCHLORIC, R_AMMONIA, R_BISULFATE = (LANES * n for n in range(43, 47))
MOVING, LAST_H, CHANGE, IONS = (LANES * n for n in range(47, 51))
H_SO4, H_HSO4, H_NO3, H_CL, NH4_SO4, NH4_NO3, NH4_CL, NA_SO4, NA_NO3, NA_CL = (
    LANES * n for n in range(51, 61)
)
WORK = 61 * LANES
