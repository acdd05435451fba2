"""Where the customers live: latitude and longitude of each city, in degrees."""

CITIES = {
    "Berlin": (52.52, 13.405), "Hamburg": (53.551, 9.994), "Munich": (48.137, 11.575),
    "Cologne": (50.938, 6.957), "Leipzig": (51.34, 12.375), "Stuttgart": (48.776, 9.183),
    "Paris": (48.857, 2.352), "Lyon": (45.764, 4.836), "Marseille": (43.296, 5.37),
    "Lille": (50.629, 3.057), "Amsterdam": (52.368, 4.904), "Rotterdam": (51.924, 4.478),
    "Utrecht": (52.091, 5.122), "Vienna": (48.208, 16.374), "Graz": (47.071, 15.439),
    "Linz": (48.306, 14.286), "Milan": (45.464, 9.19), "Rome": (41.903, 12.496),
    "Turin": (45.07, 7.687), "Madrid": (40.417, -3.704), "Barcelona": (41.387, 2.17),
    "Valencia": (39.47, -0.376), "Brussels": (50.85, 4.352), "Antwerp": (51.22, 4.403),
    "Ghent": (51.054, 3.717), "Zurich": (47.377, 8.541), "Basel": (47.56, 7.588),
    "Bern": (46.948, 7.447), "Warsaw": (52.23, 21.012), "Krakow": (50.065, 19.945),
    "Copenhagen": (55.676, 12.568), "Aarhus": (56.163, 10.204), "Stockholm": (59.329, 18.069),
    "Gothenburg": (57.709, 11.975), "Prague": (50.076, 14.438), "Brno": (49.195, 16.607),
    "Luxembourg": (49.612, 6.13), "Helsinki": (60.17, 24.938), "Lisbon": (38.722, -9.139),
    "Porto": (41.158, -8.629), "Dublin": (53.35, -6.26), "Oslo": (59.914, 10.752),
    "Budapest": (47.498, 19.04), "Bratislava": (48.149, 17.107), "Ljubljana": (46.057, 14.506),
    "Athens": (37.984, 23.728), "Zagreb": (45.815, 15.982),
}  # fmt: skip
