#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/ATen.h>

#include <prefopt/cuda/draw_row.hpp>
#include <prefopt/libtorch/integers.hpp>
#include <prefopt/samplers/history.hpp>

namespace prefopt::libtorch {

namespace detail {

/// A history where a kernel reads it.
struct device_lists {
  at::Tensor offsets;  ///< [U + 1] int64; undefined: nobody has a history
  at::Tensor items;    ///< [n] int32
  at::Tensor users;    ///< [B] int32, the list of each example; undefined: example b has list b

  /// Valid as long as the tensors.
  cuda::history_rows rows() const {
    if (!offsets.defined()) return {};
    return {offsets.data_ptr<std::int64_t>(), items.data_ptr<std::int32_t>(),
            users.defined() ? users.data_ptr<std::int32_t>() : nullptr};
  }
};

}  // namespace detail

/// The items that users are known to like, which are never drawn as their negatives: many lists in one tensor (compressed
/// rows). Made once and copied freely; on the host, whatever device the tensors come from, and where `to` puts a copy.
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
  /// \param users [B], integers of 32 or 64 bits on any device; they are looked at, which waits for a device
  /// Throws `invalid_argument` if a user has no list, or nobody has one.
  history of(const at::Tensor& users) const {
    detail::require(lists_ != nullptr, detail::here, "the history is empty, expected lists for users");
    history result = *this;
    result.users_ = detail::host_ids(users, "users", "B");
    result.view();  // checks
    return result;
  }

  /// The same with a copy of the lists on a device, for the kernels of `.cu` files: else those copy them in every call.
  /// Waits for the copy. O(U + n).
  history to(at::Device device) const {
    history result = *this;
    if (lists_ != nullptr) result.placed_ = lists_->copy_to(device, /*non_blocking=*/false);
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

  /// What a kernel takes; on LibTorch's current stream, nobody waits.
  detail::device_lists on(at::Device device) const {
    if (lists_ == nullptr) return {};
    const bool is_there = placed_.offsets.defined() && placed_.offsets.device() == device;
    detail::device_lists result = is_there ? placed_ : lists_->copy_to(device, /*non_blocking=*/true);
    if (users_.defined()) result.users = users_.to(device, /*non_blocking=*/true);
    return result;
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

    detail::device_lists copy_to(at::Device device, bool non_blocking) const {
      const at::Tensor starts = at::from_blob(const_cast<index*>(offsets.data()),
                                              {static_cast<std::int64_t>(offsets.size())}, at::kLong);
      return {starts.to(device, non_blocking), items.to(device, non_blocking), {}};
    }

    at::Tensor items;
    std::vector<index> offsets;
    samplers::history_filters filters;
  };

  std::shared_ptr<const lists> lists_;
  at::Tensor users_;
  detail::device_lists placed_;
};

}  // namespace prefopt::libtorch
