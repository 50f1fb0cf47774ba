"""The city: what stands on letterheads and pages, where charges are paid to."""

from wolfsburg_portal.settings.place import DEMO, env

# Facts for letterheads and pages; a city that takes the portal over changes them here.
CITY = {
    "name": "Stadt Wolfsburg",
    "short": "Wolfsburg",
    "street": "Porschestraße 49",
    "postcode": "38440",
    "city": "Wolfsburg",
    "phone": "05361 28-1234",
    "service_number": "115",
    "holidays_subdivision": "NI",
}
# Where charges are paid to. The IBAN of the demo is the example of the standard, nobody's account.
CITY_ACCOUNT = {
    "holder": env.str("CITY_ACCOUNT_HOLDER", default=CITY["name"]),
    "iban": env.str("CITY_IBAN", default="DE89370400440532013000" if DEMO else ""),
    "bank": env.str("CITY_BANK", default=""),
}
# How a Kassenzeichen is made of {reference} (of the case) and {year}; empty: clerks type it.
KASSENZEICHEN = env.str("KASSENZEICHEN", default="{reference}")
# Department that runs the initiative #WolfsburgDigital and answers its contact form.
CONTACT_DEPARTMENT = env.str("CONTACT_DEPARTMENT", default="digitalisierung")
CONTACT_ANSWER_WORKING_DAYS = 3
CONTACT_MINIMUM_SECONDS = env.float("CONTACT_MINIMUM_SECONDS", default=3)
