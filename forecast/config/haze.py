"""Chemistry of wet particles and clouds, and organic particles: switches and coefficients.

Sources stand with every coefficient; docs/science/haze.md has the equations, the ranges in the
literature and the comparisons.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from forecast.config.base import Model

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class DinitrogenPentoxide(StrEnum):
    """How the uptake coefficient of N2O5 is computed."""

    OFF = "off"
    """No uptake."""
    BERTRAM_THORNTON = "bertram_thornton"
    """From water and nitrate in the particles (Bertram and Thornton 2009,
    doi 10.5194/acp-9-8351-2009), without chloride."""
    DAVIS = "davis"
    """From humidity, temperature and composition (Davis et al. 2008,
    doi 10.5194/acp-8-5295-2008, appendix A), particles taken as solutions."""


class HumidUptake(Model):
    """Uptake coefficient: constant up to one humidity, then linear up to another."""

    enabled: bool = True
    """Whether it is computed."""
    dry: Share
    """Coefficient up to `from_humidity`."""
    humid: Share
    """Coefficient from `to_humidity`."""
    from_humidity: Share = 0.5
    """Relative humidity where the growth starts, 0 to 1."""
    to_humidity: Share = 1.0
    """Relative humidity where the growth ends, 0 to 1."""

    @model_validator(mode="after")
    def _grows(self) -> "HumidUptake":
        if self.humid < self.dry:
            msg = f"humid '{self.humid}' is below dry '{self.dry}'; uptake grows with humidity"
            raise ValueError(msg)
        if self.to_humidity <= self.from_humidity:
            msg = f"to_humidity '{self.to_humidity}' is not above '{self.from_humidity}'"
            raise ValueError(msg)
        return self


class ParticleConfig(Model):
    """Size of fine particles."""

    dry_diameter: Annotated[float, Field(gt=2e-8, lt=2e-6)] = 3.0e-7
    """Diameter of dry fine particles that have the mean ratio of surface to volume, m: 2 x 0.15 um,
    Cheng et al. (2016, doi 10.1126/sciadv.1601530) for haze in Beijing."""


class GroundConfig(Model):
    """NO2 that becomes HONO on the ground below the lowest layer.

    Without it CMAQ had 3 % of the HONO that was measured in Beijing in December 2015, with it and
    other sources 95 %, and by day almost twice the OH (Zhang S. et al. 2021,
    doi 10.5194/acp-21-15809-2021). In Shijiazhuang it was the largest source of winter nights in
    2019/20 (PubMed Central PMC7371585).
    """

    enabled: bool = True
    """Whether it is computed."""
    dark: Share = 1.0e-6
    """Uptake coefficient of NO2, to half HONO and half HNO3: HONO at 5e-5 m s-1 times surface over
    volume, as in CMAQ (Kurtenbach et al. 2001, doi 10.1016/S1352-2310(01)00138-8; Sarwar et al.
    2008; from memory), is 1.1e-6."""
    light: Share = 2.0e-5
    """Uptake coefficient to HONO in the light of `full_light`, proportional to light: that of
    particles (Li et al. 2010, who take the same for both; from memory)."""
    relief: Annotated[float, Field(ge=1, le=20)] = 1.7
    """True surface of land over its area, m2 m-2 (Vogel et al. 2003,
    doi 10.1016/S1352-2310(03)00243-7, from memory)."""
    velocity: Positive = 0.01
    """How fast turbulence and the air next to the ground bring NO2 to it, m s-1: the order of
    1 / (r_a + r_b) by day; in the dark the surface is a hundred times slower."""


class UptakeConfig(Model):
    """Uptake of gases on particles in the dark and in light, other than that of SO2."""

    dinitrogen_pentoxide: DinitrogenPentoxide = DinitrogenPentoxide.BERTRAM_THORNTON
    """N2O5 to 2 HNO3."""
    organic_coating: bool = False
    """Whether organic matter coats the particles and slows N2O5 down (Anttila et al. 2006,
    doi 10.1021/jp062403c, with the constants of McDuffie et al. 2018, doi 10.1029/2018JD028358)."""
    oxygen_to_carbon: Share = 0.4
    """O:C of that coating; winter haze 0.3 to 0.5 (Hu et al. 2016, doi 10.1002/2015JD024020, from
    memory)."""
    nitrogen_dioxide: HumidUptake = HumidUptake(
        dry=1.0e-6, humid=1.0e-5, from_humidity=0.4, to_humidity=0.7
    )
    """NO2 to HONO and HNO3, half each, in the dark. Holmes et al. (2019, doi 10.1029/2019GL081990):
    1e-6 on organic matter, 5e-6 on aqueous sulfate and nitrate, up to 1e-4 on soot and wet salt."""
    light_nitrogen_dioxide: NotNegative = 2.0e-5
    """Uptake coefficient of NO2 to HONO in the light of `full_light`, proportional to light; 0
    switches it off (Li et al. 2010, doi 10.5194/acp-10-6551-2010, from memory)."""
    full_light: Positive = 8.0e-3
    """Photolysis rate of NO2 in full light, s-1."""
    nitrate_radical: Share = 1.0e-3
    """NO3 to HNO3 (Jacob 2000, doi 10.1016/S1352-2310(99)00462-8); 0 switches it off."""
    hydroperoxyl: Share = 0.2
    """HO2 (Jacob 2000; ambient particles of the North China Plain 0.13 to 0.34, Taketani et al.
    2012, doi 10.5194/acp-12-11907-2012, from memory); 0 switches it off."""
    ground: GroundConfig = GroundConfig()
    """NO2 on the ground."""
    hydrogen_peroxide_share: Share = 0.0
    """Part of that HO2 that becomes H2O2, half a molecule each; the rest becomes water (Mao et al.
    2013, doi 10.5194/acp-13-509-2013)."""


class NitrogenDioxideRate(StrEnum):
    """Rate constant of S(IV) and NO2 in water."""

    CLIFTON = "clifton"
    """1.24e7 M-1 s-1 at pH 5.3 and below to 1.67e7 at pH 8.7 (Clifton et al. 1988,
    doi 10.1021/es00170a018), as in Cheng et al. (2016)."""
    LEE_SCHWARTZ = "lee_schwartz"
    """1.4e5 M-1 s-1 up to pH 5, 2e6 from pH 6 (Lee and Schwartz 1983), the lower estimate."""


class MetalConfig(Model):
    """Iron and manganese in fine particles that dissolve and catalyse the oxidation of S(IV).

    The shares are set so that heavy haze has the 18 ng m-3 of dissolved iron and the 42 ng m-3 of
    dissolved manganese of Cheng et al. (2016, from memory) at 30 ug m-3 of other primary matter.
    """

    iron_other: Share = 6.0e-4
    """Soluble iron in other primary matter, kg kg-1: 3 % of iron, of which 2 % dissolves."""
    iron_dust: Share = 3.5e-4
    """Soluble iron in dust, kg kg-1: 3.5 % of iron, of which 1 % dissolves (Alexander et al. 2009,
    doi 10.1029/2008JD010486)."""
    manganese_other: Share = 1.4e-3
    """Soluble manganese in other primary matter, kg kg-1."""
    manganese_dust: Share = 3.0e-4
    """Soluble manganese in dust, kg kg-1: 0.06 % of manganese, of which half dissolves (Alexander
    et al. 2009)."""
    ferric_night: Share = 0.9
    """Share of dissolved iron that is Fe(III) in the dark (Alexander et al. 2009)."""
    ferric_day: Share = 0.1
    """The same in full light."""


class ParticleWaterConfig(Model):
    """Oxidation of SO2 in and on wet particles."""

    hydrogen_peroxide: bool = True
    """S(IV) + H2O2 in particle water."""
    ozone: bool = True
    """S(IV) + O3 in particle water."""
    nitrogen_dioxide: bool = True
    """S(IV) + 2 NO2 in particle water."""
    metals: bool = True
    """S(IV) + O2 with Fe(III) and Mn(II) in particle water."""
    surface: HumidUptake = HumidUptake(dry=2.0e-5, humid=5.0e-5)
    """Uptake of SO2 on particles by all that is not known in detail (Zheng B. et al. 2015,
    doi 10.5194/acp-15-2031-2015)."""
    surface_tops_up: bool = True
    """Whether that uptake holds for all reactions on wet particles together, so that it only adds
    what the reactions above leave open; otherwise it is added in full."""
    lowest_humidity: Share = 0.5
    """Relative humidity below which particles have too little water for these reactions."""


class CloudConfig(Model):
    """Oxidation of SO2 in clouds and fog."""

    hydrogen_peroxide: bool = True
    """S(IV) + H2O2 in droplets."""
    ozone: bool = True
    """S(IV) + O3 in droplets."""
    nitrogen_dioxide: bool = True
    """S(IV) + 2 NO2 in droplets."""
    metals: bool = True
    """S(IV) + O2 with Fe(III) and Mn(II) in droplets."""
    droplet_radius: Annotated[float, Field(gt=1e-6, lt=5e-5)] = 8.0e-6
    """Radius of droplets, m."""
    acidity: Annotated[float, Field(ge=2, le=8)] | None = None
    """pH of droplets; none: computed from what is dissolved."""
    dust_alkalinity: NotNegative = 1.5
    """Charge of dissolving bases of fine dust, mol kg-1: 3 % of calcium (assumed)."""
    coldest: Positive = 243.0
    """Temperature below which no water reacts, K; what of a cloud is ice is told beforehand."""


class SulfurConfig(Model):
    """Oxidation of SO2 in water."""

    no2_rate: NitrogenDioxideRate = NitrogenDioxideRate.CLIFTON
    """Rate constant of S(IV) and NO2."""
    ionic_strength: bool = True
    """Whether rate constants depend on ionic strength (Cheng et al. 2016, supplement, and the
    sources given there; within the range of the measurements)."""
    particles: ParticleWaterConfig = ParticleWaterConfig()
    """Wet particles."""
    clouds: CloudConfig = CloudConfig()
    """Clouds and fog."""
    metals: MetalConfig = MetalConfig()
    """Iron and manganese."""


class OrganicConfig(Model):
    """Partitioning and ageing of organic matter."""

    enabled: bool = True
    """Whether semi-volatile matter condenses."""
    enthalpy: NotNegative = 30.0e3
    """Enthalpy of vaporisation of every volatility class, J mol-1 (Pathak et al. 2007,
    doi 10.5194/acp-7-3811-2007; Murphy and Pandis 2009, doi 10.1021/es803168a)."""
    primary_share: Share = 1.0
    """Share of primary organic matter that semi-volatile matter dissolves in."""
    ageing: NotNegative = 1.0e-11
    """OH with anthropogenic semi-volatile gases, cm3 s-1 (Murphy and Pandis 2009); 0 switches it
    off. Biogenic ones do not age, as there."""


class HazeConfig(Model):
    """Wet particles, clouds, organic matter."""

    particles: ParticleConfig = ParticleConfig()
    """Size of particles."""
    uptake: UptakeConfig = UptakeConfig()
    """Uptake of nitrogen oxides and HO2."""
    sulfur: SulfurConfig = SulfurConfig()
    """Oxidation of SO2 in water."""
    organics: OrganicConfig = OrganicConfig()
    """Organic matter."""
