/* The sentences, side by side. */
/* SPDX-License-Identifier: MIT */
#include "relay/room/doctor_words.h"

#include <inttypes.h>

/* OBS's pages: where most of it is set. */
#define ENCODER_EN "Settings > Output > Streaming > Encoder Settings (Output Mode: Advanced)"
#define ENCODER_ZH "设置 > 输出 > 直播 > 编码器设置（输出模式选“高级”）"

static const struct doctor_words words[DOCTOR_CHECKS] = {
    [DOCTOR_KEYFRAME_INTERVAL] =
        {"keyframe_interval",
         {1},
         {"Keyframes are {a} s apart, so viewers wait to start and lag behind: in " ENCODER_EN
          " set Keyframe Interval to 2 s.",
          "关键帧相隔 {a} 秒，观众起播慢、延迟高：请在 " ENCODER_ZH "中把“关键帧间隔”设为 2 秒。"}},
    [DOCTOR_OPEN_GOP] =
        {"open_gop",
         {0},
         {"In 10 s {a} of the keyframes needed pictures from before them (open GOP), and viewers "
          "cannot start cleanly there: in " ENCODER_EN " add open-gop=0 to the encoder's options.",
          "10 秒内有 {a} 个关键帧依赖之前的画面（开放 "
          "GOP），观众无法从那里正常起播：请在 " ENCODER_ZH "的编码器选项中加上 open-gop=0。"}},
    [DOCTOR_B_FRAMES] = {"b_frames",
                         {0},
                         {"{a} B-frames stand in a row, which delays every picture: in " ENCODER_EN
                          " set B-frames to 2 (x264: bframes=2 in x264 Options).",
                          "连续 {a} 个 B 帧，每帧画面都会延迟：请在 " ENCODER_ZH
                          "中把 B 帧数设为 2（x264：在“x264 选项”中填 bframes=2）。"}},
    [DOCTOR_TIMESTAMPS] =
        {"timestamps",
         {0},
         {"{a} pictures or sounds in 10 s carry a time that goes back: stop and start the stream; "
          "if it happens again, choose another Video Encoder in Settings > Output > Streaming.",
          "10 秒内有 {a} 个音视频帧的时间戳倒退：请停止直播后重新开始；若再次出现，请在 设置 > "
          "输出 "
          "> 直播 中换一个“视频编码器”。"}},
    [DOCTOR_INTERLACED] =
        {"interlaced",
         {0},
         {"The picture is interlaced, and browsers show combed edges: right-click the source > "
          "Deinterlacing > Yadif, and in " ENCODER_EN " take tff, bff or interlaced out of the "
          "encoder's options.",
          "画面是隔行的，浏览器中会出现锯齿条纹：请右键来源 > 去隔行（Deinterlacing）> "
          "Yadif，并在 " ENCODER_ZH "的编码器选项中去掉 tff、bff 或 interlaced。"}},
    [DOCTOR_LEVEL] =
        {"level",
         {1, 1},
         {"The video is of level {a}, and most devices stop at {b}: in Settings > Video lower "
          "Output (Scaled) Resolution or FPS; 3840x2160 at 60 is the most.",
          "视频级别为 {a}，多数设备最高支持 {b}：请在 设置 > 视频 "
          "中降低“输出（缩放）分辨率”或“帧率”，"
          "最高 3840x2160、60 帧。"}},
    [DOCTOR_FRAME_RATE] =
        {"frame_rate",
         {1},
         {"{a} pictures a second are more than most devices play: in Settings > Video set Common "
          "FPS Values to 60 or 30.",
          "每秒 {a} 帧，超出多数设备的播放能力：请在 设置 > 视频 中把“常用帧率”设为 60 或 30。"}},
    [DOCTOR_FRAMES_MISSING] =
        {"frames_missing",
         {1, 1},
         {"Only {a} of {b} pictures a second arrive, perhaps because the computer does not keep "
          "up: in Settings "
          "> Video lower Output (Scaled) Resolution, or choose a hardware Video Encoder in "
          "Settings > Output > Streaming.",
          "每秒只收到 {a} 帧（应为 {b} 帧），可能是电脑来不及编码：请在 设置 > 视频 "
          "中降低“输出（缩放）分辨率”，或在 设置 > 输出 > 直播 中选用硬件“视频编码器”。"}},
    [DOCTOR_PICTURE_FORMAT] =
        {"picture_format",
         {0, 0},
         {"The picture has {a} bits and {b} colour, which browsers do not play: in Settings > "
          "Advanced > Video set Color Format to NV12 (8-bit, 4:2:0).",
          "画面为 {a} 位、{b} 色度，浏览器无法播放：请在 设置 > 高级 > 视频 中把“色彩格式”设为 "
          "NV12（8 "
          "位，4:2:0）。"}},
    [DOCTOR_NO_VIDEO] =
        {"no_video",
         {0},
         {"Only sound arrives, no picture that can be carried: in Settings > Output > Streaming "
          "choose an H.264 Video Encoder.",
          "只收到声音，没有可用的画面：请在 设置 > 输出 > 直播 中选择 H.264 的“视频编码器”。"}},
    [DOCTOR_VIDEO_STOPPED] =
        {"video_stopped",
         {0},
         {"The pictures have stopped while sound goes on: stop and start the stream; if it happens "
          "again, choose another Video Encoder in Settings > Output > Streaming.",
          "画面已中断，声音仍在：请停止直播后重新开始；若再次出现，请在 设置 > 输出 > 直播 "
          "中换一个“视频编码器”。"}},
    [DOCTOR_NO_AUDIO] =
        {"no_audio",
         {0},
         {"There is no sound in the stream: in Settings > Output > Streaming tick an Audio Track, "
          "and in Settings > Audio choose a device.",
          "直播流中没有声音：请在 设置 > 输出 > 直播 中勾选一条“音轨”，并在 设置 > 音频 "
          "中选择设备。"}},
    [DOCTOR_AUDIO_STOPPED] = {"audio_stopped",
                              {0, 0},
                              {"{a} of {b} audio tracks bring no sound: check the devices in "
                               "Settings > Audio, then stop "
                               "and start the stream.",
                               "{b} 条音轨中有 {a} 条没有声音数据：请检查 设置 > 音频 "
                               "中的设备，然后停止直播并重新开始。"}},
    [DOCTOR_AUDIO_APART] =
        {"audio_apart",
         {1},
         {"Sound and picture arrive {a} s apart: in Edit > Advanced Audio Properties set every "
          "Sync "
          "Offset back to 0 ms, then stop and start the stream.",
          "声音与画面到达时间相差 {a} 秒：请在 编辑 > 高级音频设置 中把所有“同步偏移”改回 0 "
          "毫秒，然后停止直播并重新开始。"}},
    [DOCTOR_PCR] =
        {"pcr",
         {1},
         {"The stream's clock (PCR) comes only every {a} s instead of every 0.1 s: send straight "
          "from OBS, Settings > Stream > Service: Custom, with no other program in between.",
          "直播流的时钟（PCR）每 {a} 秒才出现一次，应不超过 0.1 秒：请由 OBS 直接推流（设置 > 直播 "
          "> "
          "服务：自定义），中间不要经过其他程序。"}},
    [DOCTOR_CONTINUITY] =
        {"continuity",
         {0},
         {"The stream had {a} damaged places in 10 s before it reached the relay: send straight "
          "from OBS, Settings > Stream > Service: Custom, with no other program in between.",
          "直播流在到达服务器之前，10 秒内已有 {a} 处损坏：请由 OBS 直接推流（设置 > 直播 > "
          "服务：自定义），中间不要经过其他程序。"}},
    [DOCTOR_BITRATE] =
        {"bitrate",
         {1, 0},
         {"The feed takes {a} of the {b} Mb/s it may, and is cut off above that: in " ENCODER_EN
          " lower Bitrate.",
          "推流码率 {a} Mb/s，上限 {b} Mb/s，超出将被断开：请在 " ENCODER_ZH "中降低“码率”。"}},
    [DOCTOR_LATENCY] =
        {"latency",
         {0, 0, 0},
         {"SRT's latency of {a} ms is short for a round trip of {b} ms, so lost packets may come "
          "too late: in Settings > Stream > Server add latency={c} to the address "
          "(srt://...?latency={c}).",
          "SRT 延迟 {a} 毫秒，往返时间 {b} 毫秒，丢失的数据包可能来不及重传：请在 设置 > 直播 > "
          "服务器 "
          "的地址中加上 latency={c}（srt://...?latency={c}）。"}},
    [DOCTOR_LOSS] =
        {"loss",
         {1},
         {"{a} % of the packets are lost on the way and must be sent again: use a cable instead of "
          "Wi-Fi, or in " ENCODER_EN " lower Bitrate.",
          "有 {a}% 的数据包在途中丢失、需要重传：请改用网线而不是 Wi-Fi，或在 " ENCODER_ZH
          "中降低“码率”。"}},
    [DOCTOR_UNRECOVERED] = {"unrecovered",
                            {0},
                            {"Packets lost for good in 10 s: {a}, and viewers see it: use a cable "
                             "instead of Wi-Fi, and "
                             "in " ENCODER_EN
                             " lower Bitrate to two thirds of what the uplink carries.",
                             "10 秒内彻底丢失 {a} 个数据包，观众会看到花屏或卡顿：请改用网线而不是 "
                             "Wi-Fi，并在 " ENCODER_ZH "中把“码率”降到上行带宽的三分之二以下。"}},
};

const struct doctor_words *doctor_words(enum doctor_check check)
{
    return &words[check];
}

static void put_value(struct text *t, uint32_t value, uint8_t decimals)
{
    if (decimals)
        text_printf(t, "%" PRIu32 ".%" PRIu32, value / 10, value % 10);
    else
        text_printf(t, "%" PRIu32, value);
}

void doctor_say(struct text *t, enum doctor_check check, enum doctor_language language,
                const uint32_t values[static DOCTOR_PARAMETERS])
{
    const struct doctor_words *w = &words[check];

    for (const char *s = w->says[language]; *s; s++) {
        bool parameter =
            s[0] == '{' && s[1] >= 'a' && s[1] < 'a' + DOCTOR_PARAMETERS && s[2] == '}';

        if (!parameter) {
            text_add(t, s, 1);
            continue;
        }
        put_value(t, values[s[1] - 'a'], w->decimals[s[1] - 'a']);
        s += 2;
    }
}
