#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "commands.hpp"
#include "network.hpp"
#include "program.hpp"
#include "trainer.hpp"

/// `sasrec_libtorch`: the commands of `sasrec`, the same files and the same metrics, computed by LibTorch.
int main(int argc, char** argv) {
  using namespace sasrec;
  CLI::App app("SASRec on LibTorch: the commands, model files and metrics of sasrec, on a CPU or a GPU");
  std::string device = "cpu";
  app.add_option("--device", device, "Where it computes: cpu or cuda")
      ->check([](const std::string& name) {
        try {
          libtorch::device_named(name);
          return std::string();
        } catch (const std::exception& error) {
          return std::string(error.what());
        }
      })
      ->capture_default_str();
  app.fallthrough();  // --device may stand behind the command

  const engine on_device{.compute =
                             [&](dropout_mode mode, const training_loss& loss) {
                               return libtorch::compute_on(libtorch::device_named(device))(mode, loss);
                             },
                         .score =
                             [&](const model& recommender) {
                               return libtorch::score_on(libtorch::device_named(device), recommender);
                             }};
  add_train_command(app, on_device);
  add_align_command(app, on_device);
  add_evaluate_command(app, on_device);
  return run_program(app, "sasrec_libtorch", argc, argv);
}
