"""What shops call their columns: the words by which a delivered column is taken for a standard
one.
"""

import re
import unicodedata

# Roles of order lines are not all standard columns: `ordered` is a date or an instant, `unit_price`
# times quantity is the amount. The longest word wins, so that "unit price" is not "price"; English,
# German, French, Spanish and Italian exports are looked for.
WORDS: dict[str, dict[str, str]] = {
    "orders": {
        "order_id": (
            "order id, order no, order number, order, order key, invoice id, invoice no, invoice"
            " number, invoice, basket id, basket, transaction id, transaction no, transaction"
            " number, transaction, receipt, receipt id, receipt no, ticket, ticket id, bill no, id,"
            " bestellnummer, bestell nr, bestellnr, rechnungsnr, belegnr, auftragsnr,"
            " auftragsnummer, rechnungsnummer, belegnummer, bon nr, commande, numero commande,"
            " pedido, ordine"
        ),
        "line_id": (
            "line id, line no, line number, line, order line, item no, item number, position, pos,"
            " row no, order item id, ligne, linea"
        ),
        "customer_id": (
            "customer id, customer no, customer number, customer, customer key, client id, client,"
            " user id, user, household id, household key, household, member id, member, shopper id,"
            " buyer id, account id, card id, card no, loyalty id, visitor id, kundennummer, kunden"
            " nr, kundennr, kunde, kunden id, cust id, cust no, cust, numero client, cliente, id"
            " cliente"
        ),
        "product_id": (
            "product id, product no, product number, product code, product key, product, item id,"
            " item code, item, sku, stock code, article id, article no, article, upc, ean, gtin,"
            " barcode, asin, artikelnummer, artikel nr, artikelnr, artikel, prod id, prod, produit,"
            " articulo, producto, prodotto"
        ),
        "store_id": (
            "store id, store no, store number, store, shop id, branch, branch id, outlet, location"
            " id, filiale, filial nr, filialnr, magasin, tienda"
        ),
        "ordered": (
            "order date, order time, ordered at, invoice date, invoice time, transaction date,"
            " transaction timestamp, transaction dt, purchase date, purchase time, order datetime,"
            " timestamp, datetime, date, created at, placed at, time, day, bestelldatum,"
            " rechnungsdatum, datum, date commande, fecha, data"
        ),
        "quantity": (
            "quantity, qty, units, unit count, item count, pieces, count, number of items, menge,"
            " anzahl, stueck, stuck, quantite, cantidad, quantita, amount of items"
        ),
        "unit_price": (
            "unit price, price per unit, item price, price each, price, einzelpreis, stuckpreis,"
            " stueckpreis, preis, prix unitaire, prix, precio, precio unitario, prezzo"
        ),
        "line_amount": (
            "line total, line amount, total price, total amount, total, amount, sales value, sales"
            " amount, sales price, sales, revenue, net sales, net amount, extended price, spend,"
            " spent, value, gross amount, betrag, umsatz, gesamtpreis, summe, gesamt, montant,"
            " importe, importo, totale, paid"
        ),
        "discount": (
            "discount, discount amount, retail disc, rebate, markdown, rabatt, remise, descuento,"
            " sconto"
        ),
        "coupon_discount": (
            "coupon disc, coupon discount, coupon amount, voucher amount, voucher discount,"
            " gutschein"
        ),
        "currency": (
            "currency, currency code, iso currency, waehrung, wahrung, devise, moneda, valuta"
        ),
        "status": (
            "status, order status, state, order state, line status, cancelled, canceled, is"
            " cancelled, storno"
        ),
    },
    "customers": {
        "customer_id": (
            "customer id, customer no, customer number, customer, client id, client, user id, user,"
            " household id, household key, member id, account id, card id, kundennummer, kunden nr,"
            " kundennr, kunde, cust id, id"
        ),
        "postcode": (
            "postcode, postal code, zip, zip code, pin code, plz, postleitzahl, code postal"
        ),
        "demographic_age": "age, age group, age band, age desc, birth year, altersgruppe, alter",
        "demographic_income": "income, income band, income desc, einkommen",
        "demographic_home_ownership": "home ownership, homeowner desc, homeowner",
        "demographic_marital_status": "marital status, marital status code, familienstand",
        "demographic_household_size": "household size, household size desc, family size",
        "demographic_household_composition": "household comp, household composition, hh comp desc",
        "demographic_children": "children, kids, kids count, kid category desc, kinder",
    },
    "products": {
        "product_id": (
            "product id, product no, product code, product, item id, item, sku, stock code, article"
            " id, article no, upc, ean, gtin, artikelnummer, artikel nr, artikelnr, artikel, id"
        ),
        "manufacturer_id": "manufacturer, manufacturer id, supplier, vendor, hersteller",
        "department": "department, dept, division, abteilung, warengruppe, main category",
        "brand": "brand, marke, marque, marca",
        "product_category": (
            "category, product category, subcategory, sub category, product subclass, category"
            " name, commodity desc, kategorie, categorie"
        ),
        "product_type": (
            "product type, type, product name, product description, item name, item description,"
            " description, title, sub commodity desc, name, bezeichnung, artikelbezeichnung"
        ),
        "package_size": "package size, pack size, size, curr size of product, inhalt",
    },
    "campaigns": {
        "campaign_id": "campaign id, campaign, kampagne, id",
        "customer_id": (
            "customer id, customer, client id, user id, household id, household key, member id,"
            " kundennummer"
        ),
        "campaign_type": "campaign type, type, channel, description",
        "start_date": "start date, start, starts on, valid from, from, start day, beginn",
        "end_date": "end date, end, ends on, valid to, valid until, until, to, end day, ende",
    },
    "coupons": {
        "coupon_id": (
            "coupon id, coupon upc, coupon code, coupon, voucher id, voucher code, voucher,"
            " gutschein, id"
        ),
        "product_id": "product id, product, item id, item, sku, stock code, upc, artikelnummer",
        "campaign_id": "campaign id, campaign, kampagne",
    },
    "promotions": {
        "product_id": "product id, product, item id, item, sku, stock code, upc, artikelnummer",
        "store_id": "store id, store, shop id, branch, outlet, filiale",
        "promotion_week": (
            "week start, week beginning, week, start date, start, from, date, day, datum"
        ),
        "display_location": "display location, display, place in store, platzierung",
        "mailer_location": "mailer location, mailer, flyer, leaflet, handzettel",
    },
    "redemptions": {
        "customer_id": (
            "customer id, customer, client id, user id, household id, household key, member id,"
            " kundennummer"
        ),
        "coupon_id": (
            "coupon id, coupon upc, coupon code, coupon, voucher id, voucher code, voucher,"
            " gutschein"
        ),
        "campaign_id": "campaign id, campaign, kampagne",
        "redemption_date": (
            "redemption date, redeemed on, redeemed at, redemption time, date, timestamp, day,"
            " datum"
        ),
    },
    "exchange_rates": {
        "currency": "currency, currency code, from currency, source currency, wahrung, waehrung",
        "rate_date": "rate date, date, valid from, day, datum",
        "exchange_rate": "exchange rate, rate, value, kurs, price",
    },
}
# beside the keys that a table's rules require, which `headwater tenant check` tells
NEEDED: dict[str, tuple[str, ...]] = {
    "orders": ("customer_id", "ordered"),
    "customers": ("customer_id",),
    "products": ("product_id",),
    "campaigns": ("campaign_id", "customer_id"),
    "coupons": ("coupon_id", "product_id", "campaign_id"),
    "promotions": (
        "product_id",
        "store_id",
        "promotion_week",
        "display_location",
        "mailer_location",
    ),
    "redemptions": ("customer_id", "coupon_id", "redemption_date"),
    "exchange_rates": ("currency", "rate_date", "exchange_rate"),
}
DATES = {"ordered", "start_date", "end_date", "redemption_date", "promotion_week", "rate_date"}
NUMBERS = {"quantity", "unit_price", "line_amount", "discount", "coupon_discount", "exchange_rate"}
IDS = {"order_id", "line_id", "customer_id", "product_id", "store_id", "campaign_id", "coupon_id"}
CANCELLED = re.compile(r"cancel|storn|void|annul|anulad|delet|withdrawn|rejected", re.I)


def words_of(text: str) -> str:
    """A column's name as plain lower-case words: `CustomerID`, `customer_id` and `CUSTOMER-ID` are
    "customer id".
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    plain = unicodedata.normalize("NFKD", split.casefold())
    return " ".join(
        re.findall(
            r"\w+", "".join(c for c in plain if not unicodedata.combining(c)).replace("_", " ")
        )
    )


def likeness(label: str, source: str, role: str) -> int:
    """How well a name in plain words fits a role: the same words before words inside of it, and
    longer ones before shorter; 0 for none.
    """
    best = 0
    for phrase in WORDS[source][role].split(", "):
        if phrase == label:
            best = max(best, 1000 + len(phrase))
        elif phrase != "id" and f" {phrase} " in f" {label} ":
            best = max(best, len(phrase))
    return best
