"""Amounts: integers of a currency's smallest unit, never fractions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cpc.kernel.errors import Invalid

MAX_AMOUNT = 10**12

# ISO 4217:2015, the codes of circulating money as of 2024 (list one, without funds and metals).
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
    LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
    NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD
    XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905 - a list of 150 quoted words reads worse
)


# Currencies whose smallest unit is not a hundredth.
_WHOLE = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())  # noqa: SIM905
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


@dataclass(frozen=True, slots=True)
class Money:
    """amount: in the smallest unit, such as cents. currency: ISO 4217. As a string with the currency's
    decimals: "49.97 EUR".

    Raises `Invalid` (amount-range, unknown-currency).
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if not 0 <= self.amount <= MAX_AMOUNT:
            raise Invalid("amount-range", f"An amount is 0 to {MAX_AMOUNT} of the currency's smallest unit.")
        if self.currency not in CURRENCIES:
            raise Invalid(
                "unknown-currency", "A currency is a code of ISO 4217 in capitals, such as EUR, USD or JPY."
            )

    def __str__(self) -> str:
        decimals = 0 if self.currency in _WHOLE else 3 if self.currency in _THOUSANDTHS else 2
        return f"{Decimal(self.amount).scaleb(-decimals):.{decimals}f} {self.currency}"
