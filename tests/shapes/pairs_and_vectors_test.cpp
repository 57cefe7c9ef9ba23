#include "harness.hpp"

using shapes::carry_through_every_number;
using shapes::json;

TEST_CASE("lipo_lambda, all pairs weighted by rank, is one text for every number") {
  carry_through_every_number("lipo_lambda", [](const json& c) {
    // The discount's logarithm is natural or binary: a factor of ln 2.
    const double weight = c.at("hyper").at("log_base") == "e" ? 1 : std::log(2.0);
    return weight * prefopt::compose(shapes::lambda_pairs{}, prefopt::rewards::implicit{},
                                     prefopt::strengths::fixed{c.at("hyper").at("beta")});
  });
}

TEST_CASE("gpm, over vectors instead of log-probabilities, is one text for every number") {
  carry_through_every_number("gpm", [](const json& c) {
    const json& hyper = c.at("hyper");
    const auto components = static_cast<prefopt::index>(c.at("inputs").at("chosen_repr").at(0).size());
    return prefopt::gpm({components, hyper.at("tau"), hyper.at("margin")});
  });
}
