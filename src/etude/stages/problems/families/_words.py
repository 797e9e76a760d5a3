"""English words to work on letter by letter, without a meaning that could get in the way."""

WORDS = (
    *("acorn", "almond", "amber", "anchor", "apple", "arrow", "autumn", "bamboo", "banana"),
    *("barrel", "basket", "beacon", "bottle", "bridge", "bubble", "butter", "button", "cabin"),
    *("candle", "canyon", "carpet", "castle", "cellar", "cherry", "circle", "cloud", "coffee"),
    *("copper", "corner", "cotton", "cradle", "dragon", "eagle", "engine", "falcon", "feather"),
    *("fiddle", "flower", "forest", "fossil", "garden", "ginger", "glacier", "grape", "hammer"),
    *("harbour", "hazel", "helmet", "honey", "island", "jacket", "jungle", "kettle", "kitten"),
    *("ladder", "lantern", "lemon", "lettuce", "lizard", "magnet", "mango", "marble", "meadow"),
    *("mirror", "monkey", "mountain", "needle", "nickel", "nutmeg", "ocean", "olive", "onion"),
    *("orchard", "otter", "paddle", "paper", "parrot", "pebble", "pencil", "pepper", "pillow"),
    *("planet", "pocket", "potato", "puddle", "pumpkin", "puzzle", "rabbit", "raccoon", "ribbon"),
    *("river", "rocket", "saddle", "salmon", "sandal", "shadow", "silver", "spider", "spinach"),
    *("squirrel", "summer", "sunset", "table", "teapot", "temple", "thunder", "ticket", "tiger"),
    *("tomato", "tunnel", "turtle", "valley", "vanilla", "velvet", "violin", "walnut", "window"),
    *("winter", "wizard", "yellow", "zebra", "zipper"),
)
