"""A hundred countries and their capitals: facts that a small model can be asked about."""

_TABLE = """
the UK:London;France:Paris;Germany:Berlin;Italy:Rome;Spain:Madrid;Portugal:Lisbon;
Ireland:Dublin;Belgium:Brussels;the Netherlands:Amsterdam;Denmark:Copenhagen;Norway:Oslo;
Sweden:Stockholm;Finland:Helsinki;Iceland:Reykjavik;Poland:Warsaw;Austria:Vienna;
Switzerland:Bern;Hungary:Budapest;Greece:Athens;Romania:Bucharest;Bulgaria:Sofia;
Serbia:Belgrade;Croatia:Zagreb;Slovenia:Ljubljana;Slovakia:Bratislava;Ukraine:Kyiv;
Belarus:Minsk;Lithuania:Vilnius;Latvia:Riga;Estonia:Tallinn;Moldova:Chisinau;
Albania:Tirana;Malta:Valletta;Cyprus:Nicosia;Russia:Moscow;Turkey:Ankara;Georgia:Tbilisi;
Armenia:Yerevan;Azerbaijan:Baku;Iran:Tehran;Iraq:Baghdad;Syria:Damascus;Lebanon:Beirut;
Jordan:Amman;Saudi Arabia:Riyadh;Oman:Muscat;Qatar:Doha;Bahrain:Manama;Kazakhstan:Astana;
Uzbekistan:Tashkent;Turkmenistan:Ashgabat;Kyrgyzstan:Bishkek;Tajikistan:Dushanbe;
Afghanistan:Kabul;Pakistan:Islamabad;Nepal:Kathmandu;Bhutan:Thimphu;Bangladesh:Dhaka;
Thailand:Bangkok;Laos:Vientiane;Vietnam:Hanoi;Indonesia:Jakarta;Philippines:Manila;
China:Beijing;Mongolia:Ulaanbaatar;Japan:Tokyo;South Korea:Seoul;North Korea:Pyongyang;
Australia:Canberra;Fiji:Suva;Canada:Ottawa;the USA:Washington;Cuba:Havana;
Jamaica:Kingston;Honduras:Tegucigalpa;Nicaragua:Managua;Colombia:Bogota;
Venezuela:Caracas;Ecuador:Quito;Peru:Lima;Chile:Santiago;Uruguay:Montevideo;
Paraguay:Asuncion;Brazil:Brasilia;Guyana:Georgetown;Egypt:Cairo;Libya:Tripoli;
Tunisia:Tunis;Algeria:Algiers;Morocco:Rabat;Sudan:Khartoum;Eritrea:Asmara;Kenya:Nairobi;
Uganda:Kampala;Rwanda:Kigali;Zambia:Lusaka;Zimbabwe:Harare;Malawi:Lilongwe;Angola:Luanda;Namibia:Windhoek
"""
CAPITALS: tuple[tuple[str, str], ...] = tuple(
    (country, capital)
    for pair in _TABLE.replace("\n", "").split(";")
    for country, _, capital in [pair.partition(":")]
)
"""Country and capital."""
