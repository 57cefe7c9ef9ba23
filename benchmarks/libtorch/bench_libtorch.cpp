#include <cstdio>
#include <exception>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "agreement.hpp"
#include "race.hpp"
#include "report.hpp"
#include "torch_losses.hpp"

/// \file
/// prefopt under LibTorch's autograd beside what one would write in LibTorch, forward and backward, one thread, the peers
/// in turn in the same run.
///
///     bench_libtorch --ratios [--details]     a line `id value` for each figure

namespace {

using bench::torch_losses;

const std::vector<std::string> figures{"libtorch_sdpo15_autograd", "libtorch_sdpo15_function",
                                       "libtorch_sdpo127_autograd", "libtorch_pl50_autograd",
                                       "libtorch_smallest_backward_us"};
const std::string smallest = "limit: smallest backward";

using loss_call = float (torch_losses::*)();

/// Times the peers, who compute what prefopt's call does, and LibTorch's own overhead.
bench::race race_of(const std::string& title, torch_losses& losses, loss_call prefopt,
                    std::initializer_list<std::pair<std::string, loss_call>> peers, std::size_t rows,
                    bench::report& out) {
  const float loss = (losses.*prefopt)();
  const std::vector<float> gradient(losses.gradient(), losses.gradient() + losses.size());
  bench::race runners;
  const auto add = [&](const std::string& name, loss_call call) {
    const float said = (losses.*call)();
    bench::require_agreement(name, loss, said, gradient.data(), losses.gradient(), losses.size());
    runners.add(name, [&losses, call] { (losses.*call)(); });
  };
  add("prefopt", prefopt);
  for (const auto& [name, call] : peers) add(name, call);
  runners.add(smallest, bench::smallest_backward);
  runners.run({.budget = 5});
  out.keep(title, runners, static_cast<double>(rows), smallest);
  return runners;
}

void s_dpo(bench::report& out) {
  torch_losses losses(4096, 16);
  const bench::race race = race_of("S-DPO, B = 4096, K = 15", losses, &torch_losses::s_dpo,
                                   {{"autograd, logsumexp", &torch_losses::composed_s_dpo},
                                    {"autograd, cross_entropy_loss", &torch_losses::cross_entropy_s_dpo},
                                    {"Function by hand", &torch_losses::function_s_dpo}},
                                   4096, out);
  out.set("libtorch_sdpo15_autograd", race.ratio("autograd, logsumexp", "prefopt"));
  out.set("libtorch_sdpo15_function", race.ratio("Function by hand", "prefopt"));
  out.set("libtorch_smallest_backward_us", race.seconds(smallest) * 1e6);
}

void s_dpo_of_many(bench::report& out) {
  torch_losses losses(4096, 128);
  const bench::race race = race_of("S-DPO, B = 4096, K = 127", losses, &torch_losses::s_dpo,
                                   {{"autograd, logsumexp", &torch_losses::composed_s_dpo},
                                    {"autograd, cross_entropy_loss", &torch_losses::cross_entropy_s_dpo},
                                    {"Function by hand", &torch_losses::function_s_dpo}},
                                   4096, out);
  out.set("libtorch_sdpo127_autograd", race.ratio("autograd, logsumexp", "prefopt"));
}

void plackett_luce(bench::report& out) {
  torch_losses losses(1024, 50);
  const bench::race race =
      race_of("Plackett-Luce, B = 1024, N = 50", losses, &torch_losses::plackett_luce,
              {{"autograd, logcumsumexp", &torch_losses::composed_plackett_luce}}, 1024, out);
  out.set("libtorch_pl50_autograd", race.ratio("autograd, logcumsumexp", "prefopt"));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool details = arguments.size() == 2 && arguments[1] == "--details";
  if (arguments.empty() || arguments[0] != "--ratios" || arguments.size() > (details ? 2u : 1u)) {
    std::fprintf(stderr, "usage: bench_libtorch --ratios [--details]\n");
    return 1;
  }
  try {
    bench::use_one_thread();
    bench::report out({});
    s_dpo(out);
    s_dpo_of_many(out);
    plackett_luce(out);
    out.print_figures(figures);
    if (details) out.print_details();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_libtorch: %s\n", error.what());
    return 1;
  }
  return 0;
}
