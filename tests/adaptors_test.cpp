#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <prefopt/eigen.hpp>
#include <prefopt/mdspan.hpp>
#include <prefopt/recipes.hpp>
#include <prefopt/xtensor.hpp>

#include "../examples/small_mdspan.hpp"
#include "support/golden.hpp"

/// \file
/// The golden vectors through every tensor that prefopt knows. A library below stores a matrix in its own way (`store`), shows
/// what prefopt is to see (`see`), and reads an element back with its own means (`at`), so that no view checks itself.

namespace {

using golden::json;
using prefopt::index;

template <class Tensor, class Scalar>
void fill(Tensor& tensor, const golden::matrix<Scalar>& values) {
  for (index i = 0; i < values.rows; ++i)
    for (index j = 0; j < values.columns; ++j) tensor(i, j) = values(i, j);
}

template <int Order>
struct eigen {
  template <class Scalar>
  static auto store(const golden::matrix<Scalar>& values) {
    Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Order> tensor(values.rows, values.columns);
    fill(tensor, values);
    return tensor;
  }
  static auto& see(auto& tensor) { return tensor; }
  static auto at(const auto& tensor, index i, index j) { return tensor(i, j); }
};

template <xt::layout_type Layout>
struct xtensor {
  template <class Scalar>
  static auto store(const golden::matrix<Scalar>& values) {
    auto tensor = xt::xtensor<Scalar, 2, Layout>::from_shape(
        {static_cast<std::size_t>(values.rows), static_cast<std::size_t>(values.columns)});
    fill(tensor, values);
    return tensor;
  }
  static auto& see(auto& tensor) { return tensor; }
  static auto at(const auto& tensor, index i, index j) { return tensor(i, j); }
};

struct span {
  template <class Scalar>
  static auto store(const golden::matrix<Scalar>& values) {
    return values;
  }
  static auto see(auto& tensor) {
    return prefopt::as_matrix(std::span(tensor.values), tensor.rows, tensor.columns);
  }
  static auto at(const auto& tensor, index i, index j) { return tensor(i, j); }
};

/// A class of the user's own: padded rows, the last one first.
template <class Scalar>
class shelf {
 public:
  shelf(index rows, index columns)
      : rows_(rows), columns_(columns), cells_(static_cast<std::size_t>(rows * pitch())) {}
  index rows() const { return rows_; }
  index columns() const { return columns_; }
  index pitch() const { return columns_ + 5; }
  auto* top() { return cells_.data() + (rows_ - 1) * pitch(); }
  auto& operator()(index i, index j) { return top()[j - i * pitch()]; }
  auto operator()(index i, index j) const { return const_cast<shelf&>(*this)(i, j); }

 private:
  index rows_, columns_;
  std::vector<Scalar> cells_;
};

struct own {
  template <class Scalar>
  static auto store(const golden::matrix<Scalar>& values) {
    shelf<Scalar> tensor(values.rows, values.columns);
    fill(tensor, values);
    return tensor;
  }
  static auto& see(auto& tensor) { return tensor; }
  static auto at(const auto& tensor, index i, index j) { return tensor(i, j); }
};

template <class Layout>
struct mdspan {
  template <class Scalar>
  struct tensor {
    using shape = small::dextents<index, 2>;
    using mapping = typename Layout::template mapping<shape>;

    explicit tensor(const golden::matrix<Scalar>& values)
        : map(layout(shape(values.rows, values.columns))), memory(4 * values.values.size()) {
      for (index i = 0; i < values.rows; ++i)
        for (index j = 0; j < values.columns; ++j) (*this)(i, j) = values(i, j);
    }
    static mapping layout(shape extents) {
      if constexpr (requires(mapping m) { m.strides; })  // neither rows nor columns are dense
        return {extents, {3 * static_cast<std::size_t>(extents.extent(1)), 2}};
      else
        return {extents};
    }
    small::mdspan<Scalar, shape, Layout> span() { return {memory.data(), map}; }
    Scalar& operator()(index i, index j) {
      return memory[static_cast<std::size_t>(i) * map.stride(0) +
                    static_cast<std::size_t>(j) * map.stride(1)];
    }

    mapping map;
    std::vector<Scalar> memory;
  };
  template <class Scalar>
  static auto store(const golden::matrix<Scalar>& values) {
    return tensor<Scalar>(values);
  }
  static auto see(auto& tensor) { return tensor.span(); }
  static auto at(auto& tensor, index i, index j) { return tensor(i, j); }
};

}  // namespace

template <class Scalar>
struct prefopt::tensor_traits<shelf<Scalar>> {
  static matrix_view<Scalar> view(shelf<Scalar>& s) {
    return {s.top(), s.rows(), s.columns(), -s.pitch(), 1};
  }
};

namespace {

/// One case with every tensor in `Library`; empty if it matches.
template <class Library, class Scalar, class Objective>
std::string check_through(const Objective& objective, golden::tensors<Scalar>& data, const json& golden_case,
                          const golden::tolerances& limits) {
  auto policy = Library::store(data.policy), reference = Library::store(data.reference),
       log_q = Library::store(data.log_q), relevance = Library::store(data.relevance),
       lengths = Library::store(data.lengths), kl = Library::store(data.kl);
  auto order = Library::store(data.order);
  auto gradient = Library::store(data.gradient);
  golden::matrix<Scalar> column(data.policy.rows, 1);
  auto losses = Library::store(column);

  prefopt::batch<Scalar> batch;
  (data.policy_name == "scores" ? batch.scores : batch.policy) = Library::see(policy);
  if (data.reference.rows > 0) batch.reference = Library::see(reference);
  if (data.log_q.rows > 0) batch.log_q = Library::see(log_q);
  if (data.relevance.rows > 0) batch.relevance = Library::see(relevance);
  if (data.lengths.rows > 0) batch.lengths = Library::see(lengths);
  if (data.kl.rows > 0) batch.kl = Library::see(kl);
  if (data.order.rows > 0) batch.order = Library::see(order);
  const prefopt::result result =
      prefopt::evaluate(objective, batch, Library::see(gradient), {.losses = Library::see(losses)});

  for (index i = 0; i < data.policy.rows; ++i) {
    data.losses[static_cast<std::size_t>(i)] = Library::at(losses, i, 0);
    for (index j = 0; j < data.policy.columns; ++j) data.gradient(i, j) = Library::at(gradient, i, j);
  }
  return golden::compare_case(data, result.loss, golden_case, limits);
}

/// Every case of a golden file; `make` turns its hyper-parameters into the objective.
template <class Library>
void check_file(const std::string& name, const auto& make) {
  const json file = json::parse(std::ifstream(PREFOPT_GOLDEN_DIR "/" + name + ".json"));
  const golden::tolerances limits(file);
  int cases = 0;
  for (const json& golden_case : file.at("cases")) {
    INFO(name, " / ", golden_case.at("name").get<std::string>());
    golden::tensors<double> data(golden_case.at("inputs"));
    CHECK(check_through<Library>(make(golden_case.at("hyper")), data, golden_case, limits) == "");
    ++cases;
  }
  CHECK(cases > 0);
}

using eigen_rows = eigen<Eigen::RowMajor>;
using eigen_columns = eigen<Eigen::ColMajor>;
using xtensor_rows = xtensor<xt::layout_type::row_major>;
using xtensor_columns = xtensor<xt::layout_type::column_major>;
using mdspan_right = mdspan<small::layout_right>;
using mdspan_left = mdspan<small::layout_left>;
using mdspan_stride = mdspan<small::layout_stride>;

#define EVERY_LIBRARY                                                                             \
  eigen_rows, eigen_columns, xtensor_rows, xtensor_columns, span, own, mdspan_right, mdspan_left, \
      mdspan_stride

TEST_CASE_TEMPLATE("policy_and_reference_pass_the_golden_vectors", Library, EVERY_LIBRARY) {
  check_file<Library>("dpo", [](const json& h) { return prefopt::dpo({h.at("beta")}); });
  check_file<Library>("s_dpo", [](const json& h) { return prefopt::s_dpo({h.at("beta")}); });
  check_file<Library>("dmpo", [](const json& h) { return prefopt::dmpo({h.at("beta")}); });
}

TEST_CASE_TEMPLATE("scores_and_their_corrections_pass_the_golden_vectors", Library, EVERY_LIBRARY) {
  check_file<Library>("softmax", [](const json& h) { return prefopt::softmax({h.at("temperature")}); });
  check_file<Library>("bce", [](const json&) { return prefopt::bce(); });
}

TEST_CASE_TEMPLATE("orders_and_grades_pass_the_golden_vectors", Library, EVERY_LIBRARY) {
  check_file<Library>("plackett_luce", [](const json& h) { return prefopt::plackett_luce({h.at("beta")}); });
  check_file<Library>("listnet", [](const json&) { return prefopt::listnet(); });
  check_file<Library>("rankdpo", [](const json& h) { return prefopt::rankdpo({h.at("beta")}); });
}

TEST_CASE_TEMPLATE("a_masked_item_is_the_same_in_every_library", Library, EVERY_LIBRARY) {
  // Masking the last item is not having it: the case of a smaller matrix, through the widest one.
  constexpr double gone = -std::numeric_limits<double>::infinity();
  golden::matrix<double> full(5, 4), fewer(5, 3), gradient(5, 4), expected(5, 3);
  for (index i = 0; i < 5; ++i)
    for (index j = 0; j < 4; ++j) {
      full(i, j) = j == 3 ? gone : std::sin(static_cast<double>(3 * i + j));
      if (j < 3) fewer(i, j) = full(i, j);
    }
  const auto plain = prefopt::evaluate(prefopt::s_dpo(), {.policy = prefopt::as_matrix(fewer.values, 5, 3)},
                                       prefopt::as_matrix(expected.values, 5, 3));
  auto policy = Library::store(full), result = Library::store(gradient);
  prefopt::batch<double> batch;
  batch.policy = Library::see(policy);
  const double loss = prefopt::evaluate(prefopt::s_dpo(), batch, Library::see(result)).loss;
  CHECK(loss == doctest::Approx(plain.loss).epsilon(1e-14));
  for (index i = 0; i < 5; ++i) {
    CHECK(Library::at(result, i, 3) == 0);
    for (index j = 0; j < 3; ++j)
      CHECK(Library::at(result, i, j) == doctest::Approx(expected(i, j)).epsilon(1e-14));
  }
}

}  // namespace
