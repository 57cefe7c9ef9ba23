#include "harness.hpp"

// Losses that need nothing but their own row.

using shapes::carry_through_every_number;
using shapes::json;

TEST_CASE("softmax is one text for every number") {
  carry_through_every_number("s_dpo",
                             [](const json& c) { return prefopt::s_dpo({c.at("hyper").at("beta")}); });
}

TEST_CASE("plackett_luce, a scan in rank order, is one text for every number") {
  carry_through_every_number(
      "plackett_luce", [](const json& c) { return prefopt::plackett_luce({c.at("hyper").at("beta")}); });
}

TEST_CASE("dynamicpo, a boundary selection and a strength per pair, is one text for every number") {
  carry_through_every_number("dynamicpo", [](const json& c) {
    const json& hyper = c.at("hyper");
    return prefopt::dynamicpo({hyper.at("beta"), hyper.at("margin"), hyper.at("scale")});
  });
}
