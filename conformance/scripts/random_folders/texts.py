"""What tiny tokenizers are trained on, and what models are asked."""

import random

SENTENCES = """
The harbour lights went out one after the other, and the ferry left without its captain.
What is the boiling point of water at an altitude of three thousand metres?
She tuned the old piano, counted the broken strings, and sent the bill to the choir.
Solar panels turn sunlight into electricity using thin layers of silicon.
How do I renew a passport when the embassy is closed?
Running, runners, reruns: the machine runs while the running man rests.
In 1987 the company sold 12,450 units at $3.99 each, roughly 40% below its forecast.
def add(left, right): return left + right  # a comment
A bear climbed the mountain to see what it could see, and the other side was all that it could see.
Unbelievably, the committee's decision wasn't reversed; they'd rather wait for more evidence.
for (int i = 0; i < n; i++) { total += values[i]; }
Please restart the router, wait thirty seconds, and check whether the light turns green.
Der Zug nach München hält heute nicht in Würzburg, weil die Straße gesperrt ist.
Große Bäume werfen lange Schatten über die Gärten der Nachbarn.
Où se trouve la bibliothèque la plus proche, s'il vous plaît ?
El niño comió mañana y tarde, pero la cigüeña no volvió jamás.
Kaynağa yakın İstanbul'da ılık bir gün geçirdik.
Žluťoučký kůň úpěl ďábelské ódy nad řekou.
Съешь же ещё этих мягких французских булок, да выпей чаю.
Ποια είναι η πρωτεύουσα της Ελλάδας και πόσοι άνθρωποι ζουν εκεί;
東京の天気は明日も晴れるでしょう。電車は混んでいます。
北京是中华人民共和国的首都，也是一座历史悠久的城市。
서울의 봄은 짧지만 벚꽃이 아름답습니다.
مرحبا بالعالم، كيف حالك اليوم؟
שלום עולם, מה שלומך היום?
नमस्ते दुनिया, आज मौसम कैसा है?
สวัสดีชาวโลก วันนี้อากาศดีมาก
Tiếng Việt có nhiều dấu thanh khác nhau.
""".strip().splitlines()

SHORT = ["", "a", "?", "...", "hello", "naïve café", "CamelCase and UPPER case", "x = y ** 2"]

ODD = [
    "  leading and trailing   spaces \t and tabs\r\nnew lines\n\n ",
    "emoji 👩‍👩‍👧‍👦 🇩🇪🇯🇵 👍🏽 ✈️ 🏴󠁧󠁢󠁳󠁣󠁴󠁿 end",
    "e\u0301 A\u030a \u1e9b\u0323 \u0344 q\u0307\u0323 combining",
    "ﬁne ﬂow ① Ⅷ ㍿ ｆｕｌｌ ｗｉｄｔｈ ½ № ™ ㎏ compatibility",
    "nul\u0000 bell\u0007 soft\u00adhyphen zero\u200bwidth bom\ufeff rtl\u202e nbsp\u00a0end",
    "don't won't I'll we've they're it's O'Neill's rock'n'roll",
    "mail me at someone@example.org or see https://example.org/path?x=1&y=%20#top",
    "ǅ ß ẞ İ ı ſ Ω Å ﷺ \u1160 \ua9c0 𝒜𝔅ℂ 𝟘𝟙𝟚 𐐷 \U0001f9ff",
    "中文和English混合的句子，punctuation。「quotes」",
    "<s> [CLS] </s> [SEP] <mask> [MASK] <unk> [UNK] plain words between",
    "<pad> pads <pad> in <pad><pad> the middle [PAD]",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
]

_ALPHABETS = [
    "abcdefghij klmnop qrstuvwxyz",
    "0123456789 .,-",
    "äöüßéèêñ ",
    "абвгд еж",
    "あいう日本語 ",
    "اهلا ",
    "👍🏽\u200d✈️🇩🇪 ",
    "\u0301\u0323\u0e33\u0e48 กข",
    "ＡＢ①㍿ﬁ ",
    "\t\n \u00a0\u2003\u3000",
]


def noise(random_: random.Random, length: int) -> str:
    """Letters of several scripts, in runs."""
    out = ""
    while len(out) < length:
        alphabet = random_.choice(_ALPHABETS)
        out += "".join(random_.choice(alphabet) for _ in range(random_.randint(1, 9)))
    return out[:length]


def prose(random_: random.Random, words: int) -> str:
    out: list[str] = []
    while len(out) < words:
        out += random_.choice(SENTENCES).split(" ")
    return " ".join(out[:words])


def inputs(random_: random.Random, limit: int) -> list[str]:
    """Texts for a model of so many tokens: short ones, odd ones, and some beyond the limit."""
    return [
        *random_.sample(SHORT, 2),
        "",
        *random_.sample(SENTENCES, 3),
        *random_.sample(ODD, 4),
        noise(random_, random_.randint(5, 60)),
        prose(random_, limit // 2),
        prose(random_, limit * 2),
        noise(random_, limit * 8),
    ]


def pairs(random_: random.Random, limit: int) -> list[tuple[str, list[str]]]:
    """Queries with documents: among them what is empty and what is too long on either side and on both."""

    def some() -> str:
        return random_.choice(SENTENCES)

    return [
        (some(), [some(), "", random_.choice(ODD), prose(random_, limit * 2)]),
        (random_.choice(ODD), [some(), noise(random_, 40)]),
        ("", ["", some()]),
        (prose(random_, limit), [some(), prose(random_, limit), prose(random_, limit // 3), ""]),
        (prose(random_, limit // 3), [prose(random_, limit // 2), prose(random_, limit)]),
    ]
