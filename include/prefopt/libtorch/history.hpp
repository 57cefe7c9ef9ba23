#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/ATen.h>

#include <prefopt/libtorch/integers.hpp>
#include <prefopt/samplers/history.hpp>

namespace prefopt::libtorch {

/// The items that users are known to like, which are never drawn as their negatives: many lists in one tensor (compressed
/// rows). Made once and copied freely; on the host, whatever device the tensors come from.
///
///     const prefopt::libtorch::history liked(offsets, items);
///     auto [negatives, counts] = prefopt::libtorch::draw(sampler, positives, liked.of(users), options);
class history {
 public:
  /// Nobody has a history, however many examples ask.
  history() = default;

  /// \param offsets [U + 1], list u is items[offsets[u]] to items[offsets[u + 1] - 1]
  /// \param items   [n], every list ascending. Kept, and not to be changed, where it is of 32 bits, contiguous and on the
  ///                CPU; else copied.
  ///
  /// Integers of 32 or 64 bits. Example b of a call has list b. O(U + n). Throws `invalid_argument` as
  /// `samplers::history_view` does, and for tensors of other types and dimensions.
  history(const at::Tensor& offsets, const at::Tensor& items)
      : lists_(std::make_shared<const lists>(offsets, items)) {}

  /// \param liked [U, V] bool, what each user likes. Throws `invalid_argument` for another type or other dimensions.
  static history of_mask(const at::Tensor& liked) {
    using namespace detail;
    require(liked.defined(), here, "liked is undefined, expected a tensor");
    if (liked.scalar_type() != at::kBool)
      fail(here, "liked is of type ", c10::toString(liked.scalar_type()), ", expected Bool");
    if (liked.dim() != 2) fail(here, "liked is ", sizes_text(liked), ", expected [U, V]");
    const at::Tensor ends = liked.sum(1).cumsum(0);
    return {at::cat({at::zeros({1}, ends.options()), ends}), liked.nonzero().select(1, 1)};
  }

  /// The same lists for a batch: example b has list users[b].
  /// \param users [B], integers of 32 or 64 bits on any device
  /// Throws `invalid_argument` if a user has no list, or nobody has one.
  history of(const at::Tensor& users) const {
    detail::require(lists_ != nullptr, detail::here, "the history is empty, expected lists for users");
    history result = *this;
    result.users_ = detail::host_ids(users, "users", "B");
    result.view();  // checks
    return result;
  }

  /// The history of `count` examples from example `first` on.
  history part(index first, index count) const {
    if (lists_ == nullptr) return {};
    history result = *this;
    result.users_ =
        users_.defined() ? users_.narrow(0, first, count) : at::arange(first, first + count, at::kInt);
    return result;
  }

  /// What the core's samplers take; valid as long as this lives and is not assigned to.
  samplers::history_view view() const {
    if (lists_ == nullptr) return {};
    const samplers::history_view all = lists_->filters.view();
    return users_.defined() ? all.of(detail::see_ids(users_)) : all;
  }

 private:
  struct lists {
    lists(const at::Tensor& given_offsets, const at::Tensor& given_items)
        : items(detail::host_ids(given_items, "items", "n")),
          offsets(host_offsets(given_offsets)),
          filters(samplers::history_view(offsets, detail::see_ids(items))) {}

    static std::vector<index> host_offsets(const at::Tensor& given) {
      detail::require_integers(given, "offsets", "U + 1");
      const at::Tensor wide = given.to(at::kCPU, at::kLong).contiguous();
      const auto* const first = wide.data_ptr<std::int64_t>();
      return {first, first + wide.numel()};
    }

    at::Tensor items;
    std::vector<index> offsets;
    samplers::history_filters filters;
  };

  std::shared_ptr<const lists> lists_;
  at::Tensor users_;
};

}  // namespace prefopt::libtorch
