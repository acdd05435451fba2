"""Names: products made by combination, and what people are called."""

import itertools
import re

import numpy as np

# Category: typical price in EUR, things, variants. Each thing is combined with each variant.
CATEGORIES = {
    "Jackets and coats": (
        95,
        """Trail jacket, Rain jacket, Down jacket, Fleece jacket, Parka, Wool coat, Trench coat,
        Softshell jacket, Quilted vest""",
        """women, men, kids, camel, navy, black, olive, slim, long""",
    ),
    "Shirts and knitwear": (
        36,
        """T-shirt, Oxford shirt, Linen shirt, Merino pullover, Cashmere pullover, Cardigan, Polo
        shirt, Hoodie, Sweatshirt, Blouse""",
        """women, men, kids, white, navy, striped, grey, burgundy, organic cotton""",
    ),
    "Trousers and skirts": (
        48,
        """Chinos, Jeans, Hiking trousers, Joggers, Leggings, Pleated skirt, Denim skirt, Shorts""",
        """women, men, kids, black, indigo, sand, slim, wide, stretch""",
    ),
    "Shoes": (
        84,
        """Running shoe, Trail shoe, Sneaker, Hiking boot, Chelsea boot, Sandal, Loafer,
        Rain boot""",
        """Aero, Terra, Pace, Nova, Classic, Lite, Urban, Alpine, Flow, Street""",
    ),
    "Sport and outdoor": (
        46,
        """Yoga mat, Backpack 20 l, Backpack 40 l, Sleeping bag, Two-person tent, Water bottle,
        Headlamp, Cycling helmet, Dumbbell set, Trekking poles""",
        """Basic, Pro, Light, Summit, Trail, Compact, Plus, Eco, Junior""",
    ),
    "Kitchen": (
        58,
        """Espresso machine, Coffee grinder, Kettle, Toaster, Blender, Cast-iron pan, Knife set,
        Stand mixer, Tea set, Baking tin""",
        """Duo, Solo, Classic, Steel, Compact, Pro, Retro, Black, Family""",
    ),
    "Home": (
        38,
        """Bed linen, Wool blanket, Cushion, Table lamp, Floor lamp, Vase, Wall clock, Mirror, Rug,
        Candle set""",
        """Nordic, Linen, Oak, Sage, Terracotta, Ivory, Large, Small, Round, Stone""",
    ),
    "Electronics": (
        92,
        """Headphones, Earbuds, Bluetooth speaker, Power bank, Smart watch, Keyboard, Webcam, Desk
        lamp, Charger, Tablet stand""",
        """One, Air, Max, Mini, Pro, Lite, Black, White, Duo""",
    ),
    "Beauty and care": (
        22,
        """Face cream, Shampoo, Hand cream, Body lotion, Perfume, Lip balm, Serum, Sun cream,
        Shaving set, Hair dryer""",
        """Rose, Aloe, Sensitive, Citrus, Cedar, Fresh, Gift set, Travel size, Refill""",
    ),
    "Toys and kids": (
        27,
        """Building blocks, Puzzle, Board game, Balance bike, Plush bear, Toy train, Paint set,
        Doll house, Kite, School bag""",
        """Forest, Ocean, Space, Castle, Farm, City, Junior, Family, Large""",
    ),
    "Bags and accessories": (
        44,
        """Leather belt, Scarf, Wool hat, Gloves, Shoulder bag, Wallet, Weekender, Sunglasses,
        Umbrella, Laptop sleeve""",
        """women, men, black, cognac, navy, grey, olive, small, large, classic""",
    ),
    "Garden and balcony": (
        41,
        """Flower pot, Watering can, Garden chair, Parasol, Solar lights, Herb planter, Hose reel,
        Fire bowl, Bird house, Hammock""",
        """Basic, Teak, Steel, Green, Grey, Large, Small, Plus, Folding""",
    ),
}
# Things well above or below the typical price of their category: factor.
DEAR = {
    "Espresso machine": 5.2, "Stand mixer": 4.2, "Cashmere pullover": 3.4, "Merino pullover": 2.2,
    "Two-person tent": 4.0, "Down jacket": 1.9, "Wool coat": 2.1, "Trench coat": 1.7,
    "Parka": 1.7, "Smart watch": 2.2, "Headphones": 1.6, "Sleeping bag": 2.0, "Rug": 2.8,
    "Floor lamp": 2.6, "Balance bike": 2.8, "Doll house": 2.4, "Weekender": 2.6,
    "Garden chair": 2.1, "Perfume": 2.6, "Hair dryer": 2.4, "Knife set": 1.8, "Hiking boot": 1.6,
    "Fire bowl": 2.2, "Parasol": 2.2,
}  # fmt: skip
CHEAP = {
    "T-shirt": 0.45, "Water bottle": 0.4, "Lip balm": 0.3, "Hand cream": 0.5, "Charger": 0.3,
    "Kettle": 0.8, "Puzzle": 0.6, "Candle set": 0.5, "Cushion": 0.6, "Flower pot": 0.4,
    "Sandal": 0.6, "Baking tin": 0.35, "Tablet stand": 0.35, "Power bank": 0.45, "Kite": 0.7,
    "Wool hat": 0.6, "Gloves": 0.7, "Shampoo": 0.5,
}  # fmt: skip
# Share of the price that is left after the purchase of the goods, by category.
MARGINS = {
    "Jackets and coats": 0.50, "Shirts and knitwear": 0.54, "Trousers and skirts": 0.52,
    "Shoes": 0.45, "Sport and outdoor": 0.38, "Kitchen": 0.30, "Home": 0.48, "Electronics": 0.19,
    "Beauty and care": 0.57, "Toys and kids": 0.36, "Bags and accessories": 0.55,
    "Garden and balcony": 0.40,
}  # fmt: skip
MARGIN_SPREAD = 0.05  # standard deviation within a category

FIRST_NAMES = re.findall(
    r"\w+",
    """Anna Ben Clara David Emma Felix Greta Hugo Ida Jonas Klara Leon Mia Noah Olivia Paul Romy
    Samuel Tilda Viktor Marie Lucas Camille Louis Chloe Jules Lea Antoine Sofie Daan Lotte Bram
    Giulia Marco Chiara Luca Elena Pablo Carmen Diego Zofia Jakub Freja Oskar Eva Jan Petra
    Tomas Aino Elin Ines Rui Nora Liam Katalin Mark Ana Ivan Maria Nikos""",
)
LAST_NAMES = re.findall(
    r"\w+",
    """Keller Brandt Vogel Lorenz Winter Seidel Hartmann Busch Arnold Ritter Graf Jansen Peters
    Visser Bakker Mulder Smit Dubois Moreau Laurent Girard Fontaine Mercier Rossi Conti Ricci
    Greco Moretti Ferrara Garcia Navarro Ortega Molina Vidal Romero Peeters Claes Wouters Huber
    Gruber Steiner Egger Fischer Baumann Frei Kowalski Nowak Zielinski Hansen Jensen Lund Berg
    Lindqvist Nyman Novak Dvorak Horvat Kovac Nagy Szabo Costa Pereira Silva Murphy Byrne Walsh
    Papadakis Weber Schuster Albrecht Krause Engel Pohl Sommer Stein Lange Dietrich Roth""",
)


def products(seed: int) -> dict[str, list]:
    """Columns of the table products; price and cost in cents. The same for the same seed."""
    rng = np.random.default_rng([seed, 0])
    rows = []
    for category, (typical, things, variants) in CATEGORIES.items():
        for thing, variant in itertools.product(_words(things), _words(variants)):
            level = typical * DEAR.get(thing, 1) * CHEAP.get(thing, 1)
            euros = max(3, round(level * rng.lognormal(0, 0.28)))
            join = ", " if variant[0].islower() else " "
            cents = euros * 100 - (5 if euros < 30 else 10)
            rows.append((f"{thing}{join}{variant}", category, cents))
    names, categories, prices = (list(column) for column in zip(*rows, strict=True))
    ids = list(range(1, len(rows) + 1))
    sku = [f"{name[:2].upper()}{id:05d}" for id, name in zip(ids, categories, strict=True)]
    usual = np.array([MARGINS[category] for category in categories])
    margin = np.clip(usual + rng.normal(0, MARGIN_SPREAD, len(rows)), 0.05, 0.8)
    cost = np.maximum(1, (np.array(prices) * (1 - margin)).astype(np.int64)).tolist()
    return {
        "id": ids, "sku": sku, "name": names, "category": categories, "price": prices, "cost": cost,
    }  # fmt: skip


def _words(text: str) -> list[str]:
    return re.split(r",\s+", text)
