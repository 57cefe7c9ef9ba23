#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include <prefopt/numeric.hpp>
#include <prefopt/tensor.hpp>

/// \file
/// The smallest tensor library with reverse-mode differentiation that can run an objective: the whole batch
/// is one number of shape [i, j, B] (row values [1, 1, B], candidates [N, 1, B], pairs [N, N, B]), dimensions
/// of size 1 broadcast, and every operation remembers the partial derivative of each of its elements by each
/// of its inputs.

namespace toy {

using prefopt::index;
using shape = std::array<index, 3>;

inline index size(const shape& s) { return s[0] * s[1] * s[2]; }
inline shape joint(const shape& a, const shape& b) {
  return {std::max(a[0], b[0]), std::max(a[1], b[1]), std::max(a[2], b[2])};
}
/// The element of a tensor of shape `s` that (i, j, b) reads.
inline std::size_t offset(const shape& s, index i, index j, index b) {
  return static_cast<std::size_t>(((s[0] == 1 ? 0 : i) * s[1] + (s[1] == 1 ? 0 : j)) * s[2] +
                                  (s[2] == 1 ? 0 : b));
}
template <class Visit>
void each_element(const shape& s, const Visit& visit) {
  for (index i = 0; i < s[0]; ++i)
    for (index j = 0; j < s[1]; ++j)
      for (index b = 0; b < s[2]; ++b) visit(i, j, b);
}

struct mask {
  shape dimensions{1, 1, 1};
  std::vector<char> values{0};

  mask() = default;
  mask(bool all) : values{static_cast<char>(all)} {}
  mask(const shape& s, std::vector<char> v) : dimensions(s), values(std::move(v)) {}

  bool at(index i, index j, index b) const { return values[offset(dimensions, i, j, b)] != 0; }

  template <class Function>
  static mask map(const Function& f, const mask& a, const mask& c) {
    const shape s = joint(a.dimensions, c.dimensions);
    std::vector<char> result;
    each_element(s, [&](index i, index j, index b) { result.push_back(f(a.at(i, j, b), c.at(i, j, b))); });
    return {s, result};
  }
  friend mask operator&(const mask& a, const mask& b) {
    return map([](bool x, bool y) { return x && y; }, a, b);
  }
  friend mask operator|(const mask& a, const mask& b) {
    return map([](bool x, bool y) { return x || y; }, a, b);
  }
  friend mask operator!(const mask& a) {
    return map([](bool x, bool) { return !x; }, a, a);
  }
};

/// Element `out` of a result depends on element `in` of a parent with this partial derivative.
struct dependency {
  std::size_t out, in;
  double partial;
};

struct node {
  shape dimensions;
  std::vector<double> values, gradient;
  std::vector<std::pair<std::shared_ptr<node>, std::vector<dependency>>> parents;
  std::size_t age;

  node(const shape& s, std::vector<double> v)
      : dimensions(s), values(std::move(v)), gradient(values.size(), 0.0) {
    static std::size_t births = 0;
    age = births++;
  }
};

class tensor {
 public:
  tensor() : tensor(0) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  tensor(Number value)
      : node_(std::make_shared<node>(shape{1, 1, 1}, std::vector{static_cast<double>(value)})) {}
  tensor(const shape& s, std::vector<double> values) : node_(std::make_shared<node>(s, std::move(values))) {}

  const shape& dimensions() const { return node_->dimensions; }
  double at(index i, index j, index b) const { return node_->values[offset(dimensions(), i, j, b)]; }
  const std::vector<double>& values() const { return node_->values; }
  const std::vector<double>& gradient() const { return node_->gradient; }
  void depends_on(const tensor& parent, std::vector<dependency> how) {
    node_->parents.emplace_back(parent.node_, std::move(how));
  }

  /// d (sum of all elements) / d everything.
  void backward() const {
    std::vector<node*> order;
    collect(node_.get(), order);
    std::sort(order.begin(), order.end(), [](const node* a, const node* b) { return a->age > b->age; });
    order.erase(std::unique(order.begin(), order.end()), order.end());
    std::fill(node_->gradient.begin(), node_->gradient.end(), 1.0);
    for (node* const child : order)
      for (auto& [parent, dependencies] : child->parents)
        for (const dependency& d : dependencies)
          if (d.partial != 0) parent->gradient[d.in] += d.partial * child->gradient[d.out];
  }

  /// Elementwise f(x) with derivative df(x, f(x)).
  template <class Function, class Derivative>
  static tensor map(const Function& f, const Derivative& df, const tensor& a) {
    std::vector<double> values;
    std::vector<dependency> how;
    for (std::size_t i = 0; i < a.values().size(); ++i) {
      values.push_back(f(a.values()[i]));
      how.push_back({i, i, df(a.values()[i], values.back())});
    }
    tensor result(a.dimensions(), std::move(values));
    result.depends_on(a, std::move(how));
    return result;
  }
  /// Elementwise f(x, y) with its two partial derivatives.
  template <class Function, class First, class Second>
  static tensor map(const Function& f, const First& dx, const Second& dy, const tensor& a, const tensor& c) {
    const shape s = joint(a.dimensions(), c.dimensions());
    std::vector<double> values;
    std::vector<dependency> by_a, by_c;
    each_element(s, [&](index i, index j, index b) {
      const double x = a.at(i, j, b), y = c.at(i, j, b);
      const std::size_t out = values.size();
      values.push_back(f(x, y));
      by_a.push_back({out, offset(a.dimensions(), i, j, b), dx(x, y)});
      by_c.push_back({out, offset(c.dimensions(), i, j, b), dy(x, y)});
    });
    tensor result(s, std::move(values));
    result.depends_on(a, std::move(by_a));
    result.depends_on(c, std::move(by_c));
    return result;
  }

  friend tensor operator+(const tensor& a, const tensor& b) {
    return map([](double x, double y) { return x + y; }, [](double, double) { return 1.0; },
               [](double, double) { return 1.0; }, a, b);
  }
  friend tensor operator-(const tensor& a, const tensor& b) {
    return map([](double x, double y) { return x - y; }, [](double, double) { return 1.0; },
               [](double, double) { return -1.0; }, a, b);
  }
  friend tensor operator*(const tensor& a, const tensor& b) {
    return map([](double x, double y) { return x * y; }, [](double, double y) { return y; },
               [](double x, double) { return x; }, a, b);
  }
  friend tensor operator/(const tensor& a, const tensor& b) {
    return map([](double x, double y) { return x / y; }, [](double, double y) { return 1 / y; },
               [](double x, double y) { return -x / (y * y); }, a, b);
  }
  friend tensor operator-(const tensor& a) { return 0 - a; }

  template <class Compare>
  static mask compare(const Compare& holds, const tensor& a, const tensor& c) {
    const shape s = joint(a.dimensions(), c.dimensions());
    std::vector<char> values;
    each_element(s,
                 [&](index i, index j, index b) { values.push_back(holds(a.at(i, j, b), c.at(i, j, b))); });
    return {s, values};
  }
  friend mask operator<(const tensor& a, const tensor& b) { return compare(std::less<>{}, a, b); }
  friend mask operator<=(const tensor& a, const tensor& b) { return compare(std::less_equal<>{}, a, b); }
  friend mask operator>(const tensor& a, const tensor& b) { return compare(std::greater<>{}, a, b); }
  friend mask operator>=(const tensor& a, const tensor& b) { return compare(std::greater_equal<>{}, a, b); }
  friend mask operator==(const tensor& a, const tensor& b) { return compare(std::equal_to<>{}, a, b); }

  friend tensor select(const mask& m, const tensor& yes, const tensor& no) {
    const shape s = joint(m.dimensions, joint(yes.dimensions(), no.dimensions()));
    std::vector<double> values;
    std::vector<dependency> by_yes, by_no;
    each_element(s, [&](index i, index j, index b) {
      const bool chosen = m.at(i, j, b);
      by_yes.push_back({values.size(), offset(yes.dimensions(), i, j, b), chosen ? 1.0 : 0.0});
      by_no.push_back({values.size(), offset(no.dimensions(), i, j, b), chosen ? 0.0 : 1.0});
      values.push_back(chosen ? yes.at(i, j, b) : no.at(i, j, b));
    });
    tensor result(s, std::move(values));
    result.depends_on(yes, std::move(by_yes));
    result.depends_on(no, std::move(by_no));
    return result;
  }
  friend tensor constant(const tensor& a) { return tensor(a.dimensions(), a.values()); }
  friend tensor exp(const tensor& a) {
    return map([](double x) { return std::exp(x); }, [](double, double y) { return y; }, a);
  }
  friend tensor expm1(const tensor& a) {
    return map([](double x) { return std::expm1(x); }, [](double, double y) { return y + 1; }, a);
  }
  friend tensor log(const tensor& a) {
    return map([](double x) { return std::log(x); }, [](double x, double) { return 1 / x; }, a);
  }
  friend tensor log1p(const tensor& a) {
    return map([](double x) { return std::log1p(x); }, [](double x, double) { return 1 / (1 + x); }, a);
  }
  friend tensor log1p_unit(const tensor& a) { return log1p(a); }
  friend tensor reciprocal(const tensor& a) { return 1 / a; }

 private:
  static void collect(node* root, std::vector<node*>& found) {
    if (std::find(found.begin(), found.end(), root) != found.end()) return;
    found.push_back(root);
    for (auto& [parent, dependencies] : root->parents) collect(parent.get(), found);
  }

  std::shared_ptr<node> node_;
};

}  // namespace toy

template <>
struct prefopt::number_traits<toy::tensor> {
  using scalar = double;
  using mask = toy::mask;
};

namespace toy {

/// The stable forms come with the primitives; losses find them through their argument.
using prefopt::abs;
using prefopt::sigmoid;
using prefopt::softplus;
using prefopt::tanh;

/// What a row of whole-batch tensors reads; candidates are [N, 1, B], one number per example is [1, 1, B].
struct row_tensors {
  std::vector<tensor> policy;  ///< one per component
  tensor reference{0}, relevance{0}, kl{0}, hardness{1}, log_collision{0}, strength, strengths, rewards;
  mask valid, counts;
  const tensor* decided = nullptr;
};

/// The whole batch as one row: the same list that `prefopt::array_row` offers, on tensors.
class tensor_row {
 public:
  using number_type = tensor;

  explicit tensor_row(row_tensors& memory) : memory_(&memory) {}

  tensor policy(index component = 0) const { return memory_->policy[static_cast<std::size_t>(component)]; }
  tensor reference() const { return memory_->reference; }
  tensor relevance() const { return memory_->relevance; }
  tensor kl() const { return memory_->kl; }
  tensor hardness() const { return memory_->hardness; }
  tensor log_collision() const { return memory_->log_collision; }
  tensor example_beta(double otherwise) const { return tensor(otherwise); }
  tensor decided(index i = 0) const { return memory_->decided[i]; }
  tensor rewards() const { return memory_->rewards; }
  tensor strength() const { return memory_->strength; }
  tensor strengths() const { return memory_->strengths; }

  mask is_preferred() const {
    return candidates([](index k, index) { return k == 0; });
  }
  mask rejected() const { return memory_->counts & !is_preferred(); }
  mask unselected() const { return memory_->valid & !memory_->counts; }
  /// Its tests bring a relevance along.
  mask desirable() const { return memory_->relevance > tensor(0); }

  tensor number(double x) const { return tensor(x); }
  tensor preferred(const tensor& c) const { return sum(c, is_preferred()); }
  tensor sum(const tensor& c) const { return sum(c, memory_->counts); }
  tensor sum(const tensor& c, const mask& where) const {
    return reduce(select(memory_->valid & where, c, 0), {1, 1, examples()});
  }
  tensor count(const mask& where) const { return sum(tensor(1), where); }
  tensor mean(const tensor& c, const mask& where) const { return sum(c, where) / count(where); }
  tensor max(const tensor& c) const { return max(c, memory_->counts); }
  tensor max(const tensor& c, const mask& where) const {
    std::vector<double> values;
    std::vector<dependency> how;
    for (index b = 0; b < examples(); ++b) {
      index best = -1;
      for (index k = 0; k < width(); ++k)
        if (where.at(k, 0, b) && (best < 0 || c.at(k, 0, b) > c.at(best, 0, b))) best = k;
      if (best >= 0) how.push_back({values.size(), offset(c.dimensions(), best, 0, b), 1.0});
      values.push_back(best >= 0 ? c.at(best, 0, b) : -std::numeric_limits<double>::infinity());
    }
    tensor result({1, 1, examples()}, std::move(values));
    result.depends_on(c, std::move(how));
    return result;
  }
  mask any(const mask& where) const {
    std::vector<char> values(static_cast<std::size_t>(examples()), 0);
    for (index k = 0; k < width(); ++k)
      for (index b = 0; b < examples(); ++b)
        if (where.at(k, 0, b)) values[static_cast<std::size_t>(b)] = 1;
    return {{1, 1, examples()}, values};
  }

  struct sum_and_column {
    tensor sum, kept, kept_sum;
  };
  sum_and_column sum_and_keep(const tensor& c, const mask& where, const tensor& kept) const {
    return {sum(c, where), kept, sum(kept, where)};
  }

  sum_and_column sum_softplus(const tensor& x, const mask& where) const {
    return sum_and_keep(softplus(x), where, sigmoid(x));
  }

  tensor keep(const tensor& c) const { return c; }
  mask keep(const mask& c) const { return c; }
  tensor position() const {
    return constants([&](index k, index b) {
      double before = 0;
      for (index j = 0; j < k; ++j) before += memory_->counts.at(j, 0, b);
      return before;
    });
  }
  tensor rank(const tensor& c) const {
    return constants([&](index k, index b) {
      double place = 1;
      for (index j = 0; j < width(); ++j)
        if (j != k && memory_->counts.at(j, 0, b))
          place += c.at(j, 0, b) > c.at(k, 0, b) || (c.at(j, 0, b) == c.at(k, 0, b) && j < k);
      return place;
    });
  }
  tensor suffix_logsumexp(const tensor& c) const {
    return scan(c, [this](index k, index i) { return i >= k && i < width(); });
  }
  tensor prefix_logsumexp(const tensor& c) const {
    return scan(c, [](index k, index i) { return i <= k; });
  }

  /// Plackett–Luce's stages, by logarithms throughout.
  struct choices {
    const tensor_row* row;
    tensor r, tail;
    mask observed;

    tensor cost() const { return row->sum(select(observed, tail - r, tensor(0))); }
    tensor slopes() const {
      const tensor unseen(-std::numeric_limits<double>::infinity());
      return exp(r + row->prefix_logsumexp(select(observed, -tail, unseen))) -
             select(observed, tensor(1), tensor(0));
    }
  };
  choices successive_choices(const tensor& r, index observed) const {
    return {this, r, suffix_logsumexp(r), position() < number(static_cast<double>(observed))};
  }

  template <class Function>
  tensor pair_sum(const Function& f) const {
    const mask upper = pairs([](index i, index j) { return i < j; });
    return reduce(select(upper & both(), f(first{}, second{}), 0), {1, 1, examples()});
  }
  template <class Function>
  tensor pair_slopes(const Function& f) const {
    const mask off_diagonal = pairs([](index i, index j) { return i != j; });
    return reduce(select(off_diagonal & both(), f(first{}, second{}), 0), {width(), 1, examples()});
  }

  /// Ordered pairs, each with the logistic cost of i before j.
  struct weighted_pairs {
    tensor total, by_reward;

    tensor cost() const { return total; }
    tensor slopes() const { return by_reward; }
  };
  template <class Weights>
  weighted_pairs logistic_pairs(const tensor& r, const Weights& weights) const {
    const mask counted = pairs([](index i, index j) { return i != j; }) & both();
    const auto weight = weights(first{}, second{});
    const tensor lead = first{}(r)-second{}(r);
    const tensor cost = constant(weight.first) * softplus(-lead);
    const tensor pull = constant(weight.second) * sigmoid(lead) - constant(weight.first) * sigmoid(-lead);
    return {reduce(select(counted, cost, 0), {1, 1, examples()}),
            reduce(select(counted, pull, 0), {width(), 1, examples()})};
  }

  template <class Function>
  tensor per_example(const mask& where, const tensor& otherwise, const Function& f, const tensor& c) const {
    std::vector<double> values;
    const mask compared = rejected();
    for (index b = 0; b < examples(); ++b) {
      std::vector<double> copy;
      for (index k = 0; k < width(); ++k)
        if (compared.at(k, 0, b)) copy.push_back(c.at(k, 0, b));
      const bool asked = where.at(0, 0, b) && !copy.empty();
      values.push_back(asked ? f(std::span<double>(copy)) : otherwise.at(0, 0, b));
    }
    return tensor({1, 1, examples()}, std::move(values));
  }

  void begin_term() const { memory_->counts = memory_->valid; }
  void use_decisions(const tensor* decided) const { memory_->decided = decided; }
  void select_rejected(const mask& chosen) const {
    memory_->counts = memory_->valid & (is_preferred() | chosen);
  }
  void set_strength(const tensor& beta) const { memory_->strength = beta; }
  void set_strengths(const tensor& betas) const { memory_->strengths = betas; }
  void set_rewards(const tensor& r) const { memory_->rewards = r; }

 private:
  /// Reads a column as the first or the second candidate of a pair.
  struct first {
    tensor operator()(const tensor& c) const { return c; }
  };
  struct second {
    tensor operator()(const tensor& c) const {
      const shape s = c.dimensions();
      tensor turned({1, s[0], s[2]}, c.values());
      std::vector<dependency> how;
      for (std::size_t i = 0; i < c.values().size(); ++i) how.push_back({i, i, 1.0});
      turned.depends_on(c, std::move(how));
      return turned;
    }
  };

  index width() const { return memory_->policy[0].dimensions()[0]; }
  index examples() const { return memory_->policy[0].dimensions()[2]; }

  template <class Holds>
  mask candidates(const Holds& holds) const {
    std::vector<char> values;
    each_element({width(), 1, examples()}, [&](index k, index, index b) { values.push_back(holds(k, b)); });
    return {{width(), 1, examples()}, values};
  }
  template <class Holds>
  mask pairs(const Holds& holds) const {
    std::vector<char> values;
    each_element({width(), width(), 1}, [&](index i, index j, index) { values.push_back(holds(i, j)); });
    return {{width(), width(), 1}, values};
  }
  mask both() const {
    const mask& one = memory_->counts;
    return one & mask({1, one.dimensions[0], one.dimensions[2]}, one.values);
  }
  template <class Value>
  tensor constants(const Value& value) const {
    std::vector<double> values;
    each_element({width(), 1, examples()}, [&](index k, index, index b) { values.push_back(value(k, b)); });
    return tensor({width(), 1, examples()}, std::move(values));
  }
  static tensor reduce(const tensor& c, const shape& to) {
    std::vector<double> values(static_cast<std::size_t>(size(to)), 0.0);
    std::vector<dependency> how;
    each_element(c.dimensions(), [&](index i, index j, index b) {
      const std::size_t out = offset(to, i, j, b), in = offset(c.dimensions(), i, j, b);
      values[out] += c.values()[in];
      how.push_back({out, in, 1.0});
    });
    tensor result(to, std::move(values));
    result.depends_on(c, std::move(how));
    return result;
  }
  /// log Σ e^c over the candidates that `reaches` names; its derivative is a softmax over them.
  template <class Reaches>
  tensor scan(const tensor& c, const Reaches& reaches) const {
    std::vector<double> values;
    std::vector<dependency> how;
    each_element({width(), 1, examples()}, [&](index k, index, index b) {
      prefopt::streaming_logsumexp<double> total;
      const auto each = [&](const auto& visit) {
        for (index i = 0; i < width(); ++i)
          if (reaches(k, i) && memory_->counts.at(i, 0, b)) visit(i, c.at(i, 0, b));
      };
      each([&](index, double x) { total.add(x); });
      each([&](index i, double x) {
        if (x > -std::numeric_limits<double>::infinity())
          how.push_back({values.size(), offset(c.dimensions(), i, 0, b), std::exp(x - total.value())});
      });
      values.push_back(total.value());
    });
    tensor result({width(), 1, examples()}, std::move(values));
    result.depends_on(c, std::move(how));
    return result;
  }

  row_tensors* memory_;
};

}  // namespace toy
