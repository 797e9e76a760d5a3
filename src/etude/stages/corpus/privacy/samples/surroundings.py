"""Sentences, forms, code and tables around private items; and texts that only look private."""

from random import Random

from etude.stages.corpus.privacy.samples.decoys import (
    IP_LIKE,
    NUMBER_LIKE,
    PHONE_LIKE,
    SECRET_LIKE,
)

_ANY = (
    "{}",
    "Please note {} for your records.", "See also: {}.", "({})", "\"{}\"", "- {}\n- see above",
    "id,name,value\n17,row,{}\n18,row,none", "| {} |", "It was {}, I think, but ask Ruth.",
    "Re: your request of Tuesday\n\n{}\n\nThe office", "<td>{}</td>", "key: {}\n",
)  # fmt: skip
_OF_KIND: dict[str, tuple[str, ...]] = {
    "email": ("Write to {} today.", "From: Ann <{}>", "mailto:{}", "E-Mail: {}", "contact={}&x=1",
              "[\"mail\", \"{}\"]", "联系方式:{}", "Kontakt: {};", "cc {} and others"),
    "phone": ("Call me at {} after six.", "Tel: {}", "Phone: {}", "Fax {}", "☎ {}", "Telefon: {}",
              "Tél. : {}", "mobile {} (evenings)", "Our number: {}", "WhatsApp {}", "Тел.: {}",
              "tel:{}", "{} or call", "电话:{}", "Ring {}"),
    "ip": ("Failed password for root from {} port 22", "{} - - [10/Oct/2023:13:55:36] \"GET /\"",
           "ping {}", "ip={}", "banned host {} for 3600 s", "The server at {} did not answer",
           "\"remote_addr\": \"{}\"",
           "X-Forwarded-For: {}", "logged in from {}."),
    "private_ip": ("gateway {}", "inet {}/24", "ssh admin@{}", "host {} is up"),
    "card": ("Visa {} exp 04/27", "Card number: {}", "Kreditkarte {}", "paid with {}, CVV 123",
             "cc={}", "PAN {}", "número de tarjeta {}", "{} 09/28 Jane Roe"),
    "iban": ("IBAN: {}", "Bitte auf {} überweisen.", "account {} at our bank", "{} (BIC below)",
             "Virement : {}", "IBAN {} BIC COBADEFF"),
    "us_ssn": ("SSN: {}", "Social Security Number {}", "ssn={}", "soc sec no. {}",
               "my social is {}"),
    "uk_nino": ("NI number: {}", "National Insurance no {}", "NINO {}", "NI No. {} and payroll"),
    "de_tax_id": ("Steuer-ID: {}", "IdNr. {}", "Steuerliche Identifikationsnummer {}", "TIN {}"),
    "fr_nir": ("N° de sécurité sociale : {}", "NIR {}", "Sécu: {}", "numéro {}"),
    "es_dni": ("DNI: {}", "con DNI {} y domicilio", "NIE {}", "NIF {}", "identidad {}"),
    "it_cf": ("Codice fiscale: {}", "C.F. {}", "CF {}", "nato a Roma, {}"),
    "nl_bsn": ("BSN: {}", "Burgerservicenummer {}", "bsn {}", "sofinummer {}"),
    "se_pnr": ("Personnummer: {}", "pnr {}", "född {}", "person {} bor"),
    "fi_hetu": ("Henkilötunnus: {}", "hetu {}", "HETU: {}", "henkilö {}"),
    "br_cpf": ("CPF: {}", "CPF nº {}", "inscrito no CPF sob o nº {}", "cpf={}"),
    "in_aadhaar": ("Aadhaar: {}", "Aadhaar No. {}", "UID {}", "my aadhar number is {}"),
    "cn_id": ("身份证号 {}", "身份证 {}", "ID card {}", "公民身份号码{}"),
    "api_key": ("export KEY={}", "api_key = \"{}\"", "Authorization: Bearer {}", "token: {}",
                "key={}&q=1", "curl -H 'X-Key: {}' x", "client = Client('{}')", "# old: {}"),
    "jwt": ("Authorization: Bearer {}", "token={}", "\"jwt\": \"{}\"", "Cookie: s={}; path=/"),
    "private_key": ("{}", "-- key follows\n{}\n-- end", "key: |\n{}\n"),
    "password": ("password = \"{}\"", "password: {}", "DB_PASSWORD={}", "pwd='{}'", "passwd: {}",
                 "https://bob:{}@db.corp.io/x", "my password is {}", "Passwort: {}", "secret: {}",
                 "\"client_secret\": \"{}\"", "api_token = '{}'", "--password {}"),
    "wallet": ("Send to {}", "BTC: {}", "donate {}", "wallet {} only"),
    "name": ("Dear {},", "Mr. {} called.", "Regards,\n{}", "My name is {}.", "Herr {} kommt.",
             "{} was born in 1962.", "a talk by {} on law", "Patient: {}", "as {} says,"),
}  # fmt: skip
_ANY_SHARE = 0.3


def around(kind: str, chance: Random) -> tuple[str, bool]:
    """Return a text with `{}` where an item of the kind goes, and whether it says what that is.

    Three in ten say nothing of it.
    """
    if chance.random() < _ANY_SHARE:
        return chance.choice(_ANY), False
    return chance.choice(_OF_KIND[kind]), True


# A `#` stands for any digit, `~` for a hexadecimal one, `?` for a capital letter.
_LOOKALIKES = (
    "Version #.1#.#.1## is out.", "libfoo-#.1#.#.#.tar.gz", "See section #.#.#.# below.",
    "upgraded from #.##.1#.1##", "v#.#.1#.2## (build 1###)", "nginx/1.2#.#.4",
    "ISBN 978-#-1#-14841#-#, 412 pages.", "(EAN 978##########)", "ISBN 0-306-4061#-#",
    "Order no. ######## has shipped.", "Order no. ########## has shipped.",
    "Order no. ################ has shipped.", "Order ###-#######-####### arrives on Monday",
    "tracking 1Z################", "invoice ####-####-####", "Ref: ########## / ######",
    "commit ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~", "md5 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ ok",
    "sha256:~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
    "request ~~~~~~~~-~~~~-4~~~-a~~~-~~~~~~~~~~~~ failed", "2###-0#-1#T0#:4#:07Z",
    "epoch 1######### and 1############ ms", "201#0#1#0#4###", "at 4#.######, -1##.#######",
    "pi = 3.14159265358979 and 1.############### or 0.################",
    "#### #### #### #### #### ####", "##  ####  ###  #####\n###  ##  ####  ####\n####  ###  ##  ##",
    "1##,###,### people and 1######## sheep", "arXiv:2###.#####, doi:10.1###/s#####-0##-#####-#",
    "ISSN ####-####; LCCN ##########", "0x~~~~~~~~ 0x~~~~~~~~~~~~~~~~",
    "~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~ ~~", "0#1##0 01 02 0# 04 0# 06 07 08",
    "MAC ~~:~~:~~:~~:~~:~~", "IMEI ###############", "SKU ??######?", "part ???-####-###",
    "user@example.com, admin@example.org, foo@localhost, bar@example",
    "for instance 127.0.0.1, 192.0.2.4#, 203.0.113.#, ::1, 2001:db8::1, 0.0.0.0",
    "e.g. (212) 555-01## or the test card 4111 1111 1111 1111", "git@github.com:org/repo#.git",
    "@decorator\ndef f(x): return x @ y.T + a[#]@b",
    "icon@2x.png, lodash@4.17.2#, @types/node@18.#.1",
    "password = getpass.getpass()\ntoken = request.headers['token']",
    "password: <your password>\napi_key=YOUR_API_KEY\nsecret = os.environ[\"SECRET\"]",
    "The token is then passed to the tokenizer; passwords must be long.",
    "std::vector<int>::iterator a::b::c# 1#:4#:01", "x = ###### + ###### - ###### / (17 * 4)",
    "+### points, -## % and ±0.####", "Boston, MA 0####-1###; D-##### Bonn; PO Box #####",
    "flight LH#### on 1#/0#/2024, seat 14C", "RFC ####, ISO ####-1:201#, EN #####-#",
    "1.3.6.1.4.1.####.#.##", "$ ##,###.## / EUR ###.###,##",
    "-----BEGIN CERTIFICATE-----\nMIIB########??##????####\n-----END CERTIFICATE-----",
    "data:image/png;base64,iVBORw0KGgo??##????####??##????####", "lot ##-####-##, bin ##-#####",
    "Table #: ####.##, ####.##, 201#-201#", "from ##:## to ##:##, rooms 1##-1##, 12#-456-78",
    "Victoria Station closed; Dear Customer, take the Jordan River bus to Florence Cathedral.",
    "Mr Coffee makes it, says the Martin Luther Church on Charles Street. Hi All,",
)  # fmt: skip
_DECOYS = (*PHONE_LIKE, *IP_LIKE, *NUMBER_LIKE, *SECRET_LIKE)
_PLAIN_SHARE = 0.5
_ALPHABETS = {"#": "0123456789", "~": "0123456789abcdef", "?": "ABCDEFGH"}


def lookalike(chance: Random) -> str:
    """Return a text without any private item that has something like one."""
    template = chance.choice(_LOOKALIKES if chance.random() < _PLAIN_SHARE else _DECOYS)
    return "".join(chance.choice(_ALPHABETS.get(c, c)) for c in template)
