/* What web hooks say in words, in English and Chinese. */
/* SPDX-License-Identifier: MIT */
#include "relay/control/hook_words.h"

#include "relay/room/ending.h"

const struct hook_words hook_words_started = {"A publisher is connected.", "主播已开始推流。"};
const struct hook_words hook_words_healthy = {"Nothing is wrong with the feed any more.",
                                              "推流已恢复正常。"};
const struct hook_words hook_words_live = {"The stream is live.", "正在直播。"};
const struct hook_words hook_words_ping = {"Somebody asked for a test of the web hooks.",
                                           "有人请求测试 Web Hook。"};

static const struct hook_words endings[ENDINGS] = {
    [LINK_CLOSE_ENDED] = {"The encoder ended the stream, or its connection broke.",
                          "编码器已停止推流，或连接已断开。"},
    [LINK_CLOSE_STOPPED] = {"Roomcast ended the feed.", "Roomcast 结束了该推流。"},
    [LINK_CLOSE_WEDGED] = {"The connection was stuck and was closed; the encoder connects again.",
                           "连接卡住，已被关闭；编码器会重新连接。"},
    [LINK_CLOSE_LIMIT] = {"The feed went over a limit of the configuration.",
                          "推流超出了配置的限制。"},
    [LINK_CLOSE_NOT_MEDIA] = {"What was sent is no video stream that can be played.",
                              "收到的内容不是可播放的视频流。"},
    [LINK_CLOSE_LOST] = {"The process that received the feed died; the encoder connects again.",
                         "接收推流的进程意外退出；编码器会重新连接。"},
};

static const struct hook_words stale = {"The signal is interrupted; its connection still stands.",
                                        "信号中断，但连接仍在。"};
static const struct hook_words waiting = {"The host has left; the stream goes on when they return.",
                                          "主播暂时离开，返回后直播将自动继续。"};
static const struct hook_words over = {"The stream has ended.", "直播已结束。"};

const struct hook_words *hook_words_ending(enum link_close_reason reason)
{
    return &endings[(unsigned)reason < ENDINGS ? reason : LINK_CLOSE_LOST];
}

const struct hook_words *hook_words_silent(enum room_state state)
{
    bool fed = state == ROOM_LIVE || state == ROOM_STALE;
    return fed ? &stale : state == ROOM_WAITING ? &waiting : &over;
}
