#include <prefopt/recipes/recommender.hpp>

#include "checkers.hpp"

namespace golden {

checkers recommender_checkers() {
  return {
      {"bpr", objective_checker<[](const json&) { return prefopt::bpr(); }>()},
      {"softmax", objective_checker<[](const json& h) { return prefopt::softmax({h.at("temperature")}); }>()},
      {"bce", objective_checker<[](const json&) { return prefopt::bce(); }>()},
      {"gbce", objective_checker<[](const json& h) {
         return prefopt::gbce({h.at("num_items"), h.at("t")});
       }>()},
  };
}

}  // namespace golden
