"""Who has joined the Convention on Road Traffic of Vienna, 1968: a hint for reviewers, never a rule.

An international driving permit counts in Vietnam only if it is of this convention and stands beside the licence that
it translates; one of Geneva, 1949, does not, nor does anything sold by clubs. States that have only signed are left
out. Put together in November 2026 from lists in the press and of Vietnamese driving schools, not from the United
Nations' own register (Treaty Collection, chapter XI.B.19), which is what counts; bilateral agreements, for instance
with Korea, are not in it. Whoever is not in this table is looked at more closely, not turned away.
"""

from collections.abc import Mapping
from datetime import date

AS_OF = date(2026, 11, 1)
SOURCE = "https://treaties.un.org/Pages/ViewDetailsIII.aspx?src=TREATY&mtdsg_no=XI-B-19&chapter=11"

# Codes of ICAO 9303 as they stand in passports; Germany's machine readable zones say D.
VIENNA_1968 = frozenset(
    "ALB ARE ARM AUT AZE BEL BGR BHR BHS BIH BLR BRA CAF CHE CIV COD CPV CUB CZE DEU D DNK EST FIN FRA GBR GEO GRC "
    "GUY HRV HUN IRN IRQ ISR ITA KAZ KEN KGZ KWT LBR LIE LTU LUX LVA MAR MCO MDA MKD MMR MNE MNG NER NLD NOR PAK PER "
    "PHL POL PRT QAT ROU RUS SAU SEN SMR SRB SVK SVN SWE SYC THA TJK TKM TUN TUR UKR URY UZB VNM ZAF ZWE".split()
)
# Asked about often, and not parties: permits from there are of 1949 or of no convention.
KNOWN_OUTSIDE: Mapping[str, str] = {
    "AUS": "1949",
    "CAN": "1949",
    "CHN": "",
    "JPN": "1949",
    "NZL": "1949",
    "USA": "1949",
}


def is_party(country: str) -> bool:
    """Say whether a country stands in the table; a hint, see above."""
    return country.strip().upper() in VIENNA_1968
