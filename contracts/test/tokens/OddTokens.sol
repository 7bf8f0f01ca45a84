// SPDX-License-Identifier: Apache-2.0
// Each is a few lines, and to do nothing is what some are odd for.
// solhint-disable one-contract-per-file, no-empty-blocks
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

/// @notice The deployer holds the largest supply that there can be.
abstract contract Supplied is ERC20 {
    constructor() ERC20("Odd", "ODD") {
        _mint(msg.sender, type(uint256).max);
    }
}

/// @notice As coarse or as fine as wanted.
contract DecimalsToken is Supplied, ERC20Burnable {
    uint8 private immutable _decimals;

    constructor(uint8 decimals_) {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}

/// @notice Burns a hundredth of each transfer.
contract FeeToken is Supplied, ERC20Burnable {
    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, value);
        uint256 fee = value / 100;
        super._update(from, address(0), fee);
        super._update(from, to, value - fee);
    }
}

contract UnburnableToken is Supplied {}

/// @notice Has no `burn`, but takes every call, as wrapped currencies do.
contract FallbackToken is Supplied {
    fallback() external {}
}

/// @notice Calls the sender of tokens before they move, if the sender is a contract.
contract HookToken is Supplied, ERC20Burnable {
    function _update(address from, address to, uint256 value) internal override {
        if (from.code.length > 0) {
            try IHook(from).tokensMove() {} catch {}
        }
        super._update(from, to, value);
    }
}

/// @notice Calls the receiver of tokens once they have moved, if the receiver is a contract.
contract ReceiverHookToken is Supplied {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (to.code.length > 0) {
            try IHook(to).tokensMove() {} catch {}
        }
    }
}

/// @notice Moves no tokens to accounts that it was told of, as a token with a list of blocked accounts.
contract RefusingToken is Supplied {
    mapping(address account => bool) private _refused;

    error Refused(address account);

    function refuse(address account) external {
        _refused[account] = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_refused[to]) revert Refused(to);
        super._update(from, to, value);
    }
}

interface IHook {
    function tokensMove() external;
}

/// @notice Does what it is told, at once or while its tokens are on their way.
contract Puppet is IHook {
    address private _target;
    bytes private _call;

    function whenTokensMove(address target, bytes calldata call) external {
        (_target, _call) = (target, call);
    }

    function execute(address target, bytes calldata call) external {
        _execute(target, call);
    }

    function tokensMove() external {
        _execute(_target, _call);
    }

    function _execute(address target, bytes memory call) private {
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, bytes memory answer) = target.call(call);
        if (done) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}
