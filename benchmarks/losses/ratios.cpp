#include "ratios.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "fused_ratios.hpp"
#include "limits.hpp"
#include "loss_peers.hpp"
#include "loss_race.hpp"
#include "prefopt_calls.hpp"
#include "report.hpp"

namespace bench {
namespace {

const std::vector<std::string> figures{"sdpo15_scalar",    "sdpo15_eigen",   "sdpo15_libmvec", "sdpo15_triad",
                                       "sdpo127_triad",    "sdpo4096_triad", "sdpo_small_us",  "dmpo_cost",
                                       "bpr_cost",         "bce_cost",       "dpo_scalar",     "pl50_scalar",
                                       "ranknet50_scalar", "fused_scoring",  "full_softmax"};

void s_dpo_in_cache(report& out) {
  if (!out.wants({"sdpo15_scalar", "sdpo15_eigen", "sdpo15_libmvec", "dmpo_cost", "bpr_cost", "bce_cost"}))
    return;
  loss_race race(4096, 16, ours::s_dpo);
  race.add_peer("std::exp loop", plain::s_dpo);
  race.add_peer("Eigen arrays", eigen::s_dpo);
  race.add_peer("-Ofast loop", ofast::s_dpo);
  race.add_peer("-Ofast loop, widest vectors", ofast_wide::s_dpo);
  race.add("prefopt, gradient alone", ours::s_dpo_gradient);
  race.add("prefopt dmpo", ours::dmpo);
  race.add("prefopt bpr", ours::bpr);
  race.add("prefopt bce", ours::bce);
  race.add_exp_limit();
  race.run(out, "S-DPO, B = 4096, K = 15", {.budget = 12});
  out.set("sdpo15_scalar", race.against("std::exp loop"));
  out.set("sdpo15_eigen", race.against("Eigen arrays"));
  out.set("sdpo15_libmvec",
          race.against(race.result().fastest({"-Ofast loop", "-Ofast loop, widest vectors"})));
  out.set("dmpo_cost", race.against("prefopt dmpo"));
  out.set("bpr_cost", race.against("prefopt bpr"));
  out.set("bce_cost", race.against("prefopt bce"));
}

void s_dpo_beside_triad(report& out, const std::string& id, std::size_t rows, std::size_t negatives) {
  if (!out.wants({id})) return;
  loss_race race(rows, 1 + negatives, ours::s_dpo);
  race.add_triad_limit();
  race.run(out, "S-DPO, B = " + std::to_string(rows) + ", K = " + std::to_string(negatives), {.budget = 6});
  out.set(id, race.against("limit: triad"));
}

void small_batch(report& out) {
  if (!out.wants({"sdpo_small_us"})) return;
  loss_race race(256, 16, ours::s_dpo);
  race.add_peer("std::exp loop", plain::s_dpo);
  race.add_exp_limit();
  race.run(out, "S-DPO, B = 256, K = 15", {.budget = 3});
  const allocation_count allocated = count_allocations([&] {
    for (int call = 0; call < 1000; ++call) ours::s_dpo(race.batch(), {});
  });
  out.note("sdpo_small_us: " + std::to_string(allocated.calls) + " allocations in 1000 calls");
  if (allocated.calls != 0) throw broken_claim("S-DPO of a small batch allocates memory");
  out.set("sdpo_small_us", race.result().seconds("prefopt") * 1e6);
}

void one_negative(report& out) {
  if (!out.wants({"dpo_scalar"})) return;
  loss_race race(65536, 2, ours::dpo);
  race.add_peer("std::exp loop", plain::dpo);
  race.add_peer("-Ofast loop, widest vectors", ofast_wide::dpo);
  race.add_limit("softplus in L1", [rows = race.batch().rows] { softplus_in_l1(rows); });
  race.run(out, "DPO, B = 65536, K = 1");
  out.set("dpo_scalar", race.against("std::exp loop"));
}

void whole_order(report& out) {
  if (!out.wants({"pl50_scalar"})) return;
  loss_race race(4096, 50, ours::plackett_luce);
  race.add_peer("std::exp loop", plain::plackett_luce);
  race.add_peer("-Ofast loop, widest vectors", ofast_wide::plackett_luce);
  race.add_exp_limit();
  race.run(out, "Plackett-Luce, B = 4096, N = 50, an order per row");
  out.set("pl50_scalar", race.against("std::exp loop"));
}

void all_pairs(report& out) {
  if (!out.wants({"ranknet50_scalar"})) return;
  loss_race race(1024, 50, ours::ranknet);
  race.add_peer("std::exp loop", plain::ranknet);
  race.add_peer("-Ofast loop, widest vectors", ofast_wide::ranknet);
  race.add_limit("a reciprocal a pair in L1", [rows = race.batch().rows] { reciprocal_in_l1(rows * 1225); });
  race.run(out, "RankNet, B = 1024, N = 50, 1225 pairs");
  out.set("ranknet50_scalar", race.against("std::exp loop"));
}

void require_known(const std::vector<std::string>& ids) {
  for (const std::string& id : ids)
    if (std::find(figures.begin(), figures.end(), id) == figures.end())
      throw std::invalid_argument("there is no figure " + id);
}

}  // namespace

void print_ratios(const ratio_options& options) {
  require_known(options.only);
  report out(options.only);
  s_dpo_in_cache(out);
  s_dpo_beside_triad(out, "sdpo15_triad", 65536, 15);
  s_dpo_beside_triad(out, "sdpo127_triad", 4096, 127);
  s_dpo_beside_triad(out, "sdpo4096_triad", 1024, 4096);
  small_batch(out);
  one_negative(out);
  whole_order(out);
  all_pairs(out);
  fused_ratios(out, options.details);
  out.print_figures(figures);
  if (options.details) out.print_details();
}

}  // namespace bench
