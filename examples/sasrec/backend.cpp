#include "backend.hpp"

#include "full_softmax.hpp"

namespace sasrec {

trainer_factory layers(dropout_mode mode, const training_loss& loss) {
  if (const auto* softmax = std::get_if<full_softmax_loss>(&loss))
    return layer_trainer(mode, full_softmax(softmax->temperature));
  return layer_trainer(mode, candidate_loss(std::get<candidate_objective>(loss)));
}

}  // namespace sasrec
